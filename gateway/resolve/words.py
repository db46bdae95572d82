"""The sentences of an answer in Arabic, Chinese, English, French, Russian and Spanish."""

import tomllib
from functools import cache
from importlib.resources import files

_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"  # UAX #9 §2: codes and addresses keep their direction in Arabic
_RIGHT_TO_LEFT = frozenset({"ar"})


@cache
def sentences() -> dict[str, dict[str, str]]:
    """Sentences by name and language."""
    return tomllib.loads(files("gateway.resolve").joinpath("words.toml").read_text(encoding="utf-8"))


def say(name: str, language: str, /, **values: str) -> str:
    """A sentence with its blanks filled in."""
    if language in _RIGHT_TO_LEFT:
        values = {key: f"{_ISOLATE}{value}{_END_OF_ISOLATE}" for key, value in values.items()}
    return sentences()[name][language].format(**values)
