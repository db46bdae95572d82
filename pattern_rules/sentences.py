"""Explains a recognition in Arabic, Chinese, English, French, Russian and Spanish.

The sentences are data (data/sentences.LANGUAGE.toml); none of them ever holds a UID.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import cast

from pattern_rules.recognition import Candidate, Recognition, Verdict

LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
_RIGHT_TO_LEFT = frozenset({"ar"})
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"  # UAX #9: codes keep their direction inside Arabic text


class Catalogue:
    """All sentences of one language."""

    def __init__(self, language: str, sentences: Mapping[str, Mapping[str, str]]) -> None:
        self.language = language
        self._sentences = sentences

    def keys(self) -> frozenset[tuple[str, str]]:
        """All (group, key) pairs."""
        return frozenset((group, key) for group, table in self._sentences.items() for key in table)

    def template(self, group: str, key: str) -> str:
        """A sentence with its blanks."""
        return self._sentences[group][key]

    def text(self, group: str, key: str, **values: str) -> str:
        """A sentence, with values filled in.

        Raises KeyError for a sentence or a value that does not exist: both are mistakes in the program.
        """
        if self.language in _RIGHT_TO_LEFT:
            values = {name: f"{_ISOLATE}{value}{_END_OF_ISOLATE}" for name, value in values.items()}
        return self.template(group, key).format(**values)


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language (ISO 639-1 code); raises KeyError if it is none of the six."""
    if language not in LANGUAGES:
        raise KeyError(language)
    text = files("pattern_rules.data").joinpath(f"sentences.{language}.toml").read_text(encoding="utf-8")
    return Catalogue(language, cast(Mapping[str, Mapping[str, str]], tomllib.loads(text)))


def explain(recognition: Recognition, language: str) -> str:
    """The verdict in one or more sentences: what it means, why, and which library version said so."""
    sentences = catalogue(language)
    parts = [
        sentences.text(
            "verdict",
            recognition.verdict.value,
            party=recognition.party,
            parties=", ".join(recognition.parties),
        )
    ]
    if recognition.obstacle is not None:
        parts.append(sentences.text("obstacle", recognition.obstacle.value))
    best = recognition.candidates[:1]
    if best and best[0].pattern.synthetic:
        parts.append(sentences.text("verdict", "synthetic"))
    if recognition.verdict is not Verdict.INADMISSIBLE:
        parts.append(sentences.text("verdict", "library", version=str(recognition.library_version)))
    return (" " if language != "zh" else "").join(parts)


def explain_candidate(candidate: Candidate, language: str) -> str:
    """One candidate in one sentence: whose it would be, how it was read, what the checks found, what it counts for."""
    sentences = catalogue(language)
    steps = [step.value for step in candidate.reading.steps] or ["as-typed"]
    party = candidate.party or "–"
    if candidate.party and not candidate.member:
        party += f" ({sentences.text('word', 'state-not-a-party')})"
    pattern = f"{candidate.pattern_id} ({candidate.pattern.form})"
    checks = [
        f"{sentences.text('rule', check.rule.value)} – {sentences.text('outcome', check.outcome.value)}"
        for check in candidate.checks
    ]
    parts = [
        party,
        f"{_ISOLATE}{pattern}{_END_OF_ISOLATE}" if language in _RIGHT_TO_LEFT else pattern,
        ", ".join(sentences.text("step", step) for step in steps),
        *checks,
        sentences.text("standing", candidate.standing.value),
    ]
    return _SEMICOLON[language].join(parts) + _FULL_STOP[language]


_SEMICOLON = dict.fromkeys(LANGUAGES, "; ") | {"ar": "؛ ", "zh": "；", "fr": " ; "}
_FULL_STOP = dict.fromkeys(LANGUAGES, ".") | {"zh": "。"}
