"""Signs that a spreadsheet has spoiled a code: noticed and said, never repaired (domain: awkward case 16)."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from enum import Enum

_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}")
_LATIN_TWINS = frozenset("АВЕЗКМНОРСТУХаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο‘’“”–—−")


class Damage(Enum):
    """A sign of damage. The value is a key of the message catalogues."""

    FORMULA = "formula"
    NUMBER_CELL = "number-cell"
    SCIENTIFIC_NOTATION = "scientific-notation"
    LEADING_ZEROS = "leading-zeros"
    LEADING_APOSTROPHE = "leading-apostrophe"
    TRAILING_APOSTROPHE = "trailing-apostrophe"
    LOOK_ALIKE = "look-alike"
    ODD_SPACE = "odd-space"
    DUPLICATE_LINE = "duplicate-line"


def signs_of_damage(code: str) -> tuple[Damage, ...]:
    """Return the signs that one code shows by itself."""
    signs = (
        (Damage.SCIENTIFIC_NOTATION, _SCIENTIFIC.fullmatch(code) is not None),
        (Damage.LEADING_APOSTROPHE, code.startswith("'")),
        (Damage.TRAILING_APOSTROPHE, code.endswith("'")),
        (Damage.LOOK_ALIKE, any(map(_looks_latin, code))),
        (Damage.ODD_SPACE, any(character.isspace() and character != "\x1d" for character in code)),
    )
    return tuple(damage for damage, shown in signs if shown)


def shorter_than_neighbours(codes: Sequence[str]) -> frozenset[int]:
    """Return the places of all-digit codes that are shorter than most all-digit codes of the list."""
    digits = {place: code for place, code in enumerate(codes) if code.isascii() and code.isdigit()}
    if not digits:
        return frozenset()
    usual = max(Counter(map(len, digits.values())).items(), key=lambda item: (item[1], item[0]))[0]
    return frozenset(place for place, code in digits.items() if len(code) < usual)


def _looks_latin(character: str) -> bool:
    if character.isascii():
        return False
    folded = unicodedata.normalize("NFKC", character)
    return character in _LATIN_TWINS or (folded != character and folded.isascii()) or character.isdecimal()
