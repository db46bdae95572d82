"""In which of the six languages to speak."""

from collections.abc import Mapping

LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")
RIGHT_TO_LEFT = frozenset({"ar"})
ENGLISH = "en"


def language_of_environment(environment: Mapping[str, str]) -> str:
    """The language of a POSIX environment: "fr" for LANG=fr_CH.UTF-8; English if it is none of the six.

    The first of LC_ALL, LC_MESSAGES and LANG that is not empty decides (POSIX.1-2017, Base Definitions §8.2).
    """
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            language = environment[name].partition(".")[0].partition("@")[0].partition("_")[0].lower()
            return language if language in LANGUAGES else ENGLISH
    return ENGLISH
