"""What a UID may have been before it was misread, mistyped or damaged by a spreadsheet.

Suggestions are shown to a human who holds the pack, and are never used by themselves. A changed value is suggested only
if a pattern with a Party then decides, or one without a Party has a check that passes: otherwise they would be noise.
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import islice

from pattern_rules.checks import Outcome
from pattern_rules.library import Library
from pattern_rules.membership import Members
from pattern_rules.readings import MAX_NOTATION_OCTETS
from pattern_rules.recogniser import recognise
from pattern_rules.recognition import Candidate, Standing

MAX_SUGGESTIONS = 8
MAX_TRIES = 96  # recognitions tried for one UID, some milliseconds


class Cause(StrEnum):
    """What may have happened to the UID."""

    LOOK_ALIKE_CHARACTERS = "look-alike-characters"
    FOREIGN_CHARACTERS = "foreign-characters"
    INVISIBLE_CHARACTERS = "invisible-characters"
    LEADING_ZEROS = "leading-zeros"
    MISSING_SEPARATOR = "missing-separator"
    SCIENTIFIC_NOTATION = "scientific-notation"
    CASE_LOST = "case-lost"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """octets: what it may have been, None where that can't be known any more. parties: whose it then would be."""

    cause: Cause
    octets: bytes | None = field(repr=False)
    parties: tuple[str, ...]


_LOOK_ALIKES = {"O": "0", "0": "O", "o": "0", "l": "1I", "I": "1l", "1": "Il", "B": "8", "8": "B", "S": "5", "5": "S"}
_AVOIDED = {ord("O"): "0", ord("l"): "1", ord("I"): "1"}
# Letters of other alphabets that look like Latin ones (Unicode TR39 confusables; capitals that occur in print).
_FOREIGN = str.maketrans(
    "АВЕЅЗІЈКМНОРСТУХавеѕіјкорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "ABES3IJKMHOPCTYXabesijkopcyxABEZHIKMNOPTYXo",
)
_QUOTATION_MARKS = "'\"`´‘’‚‛“”„‟«»‹›"
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_PADDED_LENGTHS = (8, 14, 16, 18, 20)  # GTIN-8 and -14, bare SSCC, SSCC with AI; and what pads to a 16-digit code


def suggestions(
    library: Library, uid: bytes, *, on: date | None, members: Members, own_party: str | None = None
) -> tuple[Suggestion, ...]:
    """What `uid` may have been; at most 8, the likeliest cause first. Arguments as for `recognise`."""
    text = uid[:MAX_NOTATION_OCTETS].decode("utf-8", "replace")
    as_typed = recognise(library, uid, on=on, members=members, own_party=own_party)
    plausible = any(_convinces(candidate) for candidate in as_typed.candidates)
    found: dict[bytes, Suggestion] = {}
    proposals = _PROPOSALS_FOR_RECOGNISED if plausible else _PROPOSALS
    tries = ((cause, octets) for cause, propose in proposals for octets in propose(text))
    for cause, octets in islice(tries, MAX_TRIES):
        if octets == uid or octets in found or len(found) >= MAX_SUGGESTIONS:
            continue
        answer = recognise(library, octets, on=on, members=members, own_party=own_party)
        if any(_convinces(candidate) for candidate in answer.candidates):
            found[octets] = Suggestion(cause, octets, answer.parties)
    lost = [cause for cause, is_lost in ((Cause.SCIENTIFIC_NOTATION, _scientific(text)),) if is_lost]
    if not found and not plausible and _case_lost(library, text):
        lost.append(Cause.CASE_LOST)
    return (*found.values(), *(Suggestion(cause, None, ()) for cause in lost))


def _convinces(candidate: Candidate) -> bool:
    if candidate.standing is Standing.DECIDES:
        return True
    passed = any(result.outcome is Outcome.PASSED for result in candidate.checks)
    return candidate.standing is Standing.NO_PARTY and passed and not candidate.checks_failed


def _cleaned(text: str) -> str:
    visible = "".join(
        character
        for character in text.replace("\u00a0", " ")
        if unicodedata.category(character) not in {"Cf", "Cc"} or character == "\x1d"
    )
    return visible.translate(_DASHES).strip().strip(_QUOTATION_MARKS).strip()


def _latin(text: str) -> str:
    # NFKC turns full-width letters and digits into plain ones; other digits (Arabic-Indic …) have a digit value.
    plain = unicodedata.normalize("NFKC", _cleaned(text)).translate(_FOREIGN)
    return "".join(
        str(unicodedata.digit(character)) if character.isdigit() and not character.isascii() else character
        for character in plain
    )


def _invisible(text: str) -> Iterator[bytes]:
    yield from _ascii(_cleaned(text))


def _foreign(text: str) -> Iterator[bytes]:
    yield from _ascii(_latin(text))


def _avoided_letters(text: str) -> Iterator[bytes]:
    """Issuers are asked to avoid O, l and I in what humans read (Regulation (EU) 2018/574 annex II): all, then each."""
    plain = _latin(text)
    yield from _ascii(plain.translate(_AVOIDED))
    for at, character in enumerate(plain):
        if ord(character) in _AVOIDED:
            yield from _ascii(plain[:at] + _AVOIDED[ord(character)] + plain[at + 1 :])


def _look_alikes(text: str) -> Iterator[bytes]:
    """Each single exchange first, then each kind of exchange everywhere."""
    plain = _latin(text)
    for at, character in enumerate(plain):
        for other in _LOOK_ALIKES.get(character, ""):
            yield from _ascii(plain[:at] + other + plain[at + 1 :])
    for character, others in _LOOK_ALIKES.items():
        if plain.count(character) > 1:
            for other in others:
                yield from _ascii(plain.replace(character, other))


def _leading_zeros(text: str) -> Iterator[bytes]:
    digits = _latin(text)
    if digits.isascii() and digits.isdigit():
        yield from (digits.rjust(length, "0").encode("ascii") for length in _PADDED_LENGTHS if length > len(digits))


def _separator(text: str) -> Iterator[bytes]:
    # AI 235 has a variable length: without GS behind it, it swallows AI 8008 (production time, 8 to 12 digits).
    plain = _latin(text)
    at = plain.rfind("8008")
    if at > 0 and plain[at + 4 :].isdigit() and len(plain) - at - 4 in {8, 10, 12} and plain[at - 1] != "\x1d":
        yield from _ascii(plain[:at] + "\x1d" + plain[at:])


def _ascii(text: str) -> Iterator[bytes]:
    if text and text.isascii():
        yield text.encode("ascii")


def _scientific(text: str) -> bool:
    mantissa, mark, exponent = _cleaned(text).upper().replace(",", ".").partition("E+")
    return bool(mark) and mantissa.replace(".", "", 1).isdigit() and exponent.isdigit()


def _case_lost(library: Library, text: str) -> bool:
    """Whether an issuer's code is there, but in letters of the other case."""
    typed = _latin(text)
    return any(
        len(pattern.prefix) > 1
        and typed[: len(pattern.prefix)].upper() == pattern.prefix.decode("ascii").upper()
        and not typed.startswith(pattern.prefix.decode("ascii"))
        for pattern in library.patterns
        if pattern.active and pattern.owners
    )


_PROPOSALS: tuple[tuple[Cause, Callable[[str], Iterator[bytes]]], ...] = (
    (Cause.INVISIBLE_CHARACTERS, _invisible),
    (Cause.FOREIGN_CHARACTERS, _foreign),
    (Cause.MISSING_SEPARATOR, _separator),
    (Cause.LEADING_ZEROS, _leading_zeros),
    (Cause.LOOK_ALIKE_CHARACTERS, _avoided_letters),
    (Cause.LOOK_ALIKE_CHARACTERS, _look_alikes),
)
_PROPOSALS_FOR_RECOGNISED = (
    (Cause.MISSING_SEPARATOR, _separator),
    (Cause.LOOK_ALIKE_CHARACTERS, _avoided_letters),
)
