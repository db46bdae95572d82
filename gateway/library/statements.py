"""Statements people sign about the library: a Party's consent, a second person's approval. Small TOML texts.

Each names by SHA-256 what it is about, so that it can't be used for anything else.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.library.problem import LibraryLifeError, Problem

FORMAT = 1
_MAX_OCTETS = 4096
_CONSENT = "gsp-library-consent"
_APPROVAL = "gsp-library-approval"


class Effect(StrEnum):
    """What a Party consents to. SHARED: both patterns keep matching, a human chooses. STANDS_BACK: its own yields."""

    SHARED = "shared"
    STANDS_BACK = "stands-back"


@dataclass(frozen=True, slots=True)
class Consent:
    """A Party consents that its pattern and another one match the same UIDs.

    document: SHA-256 of the declaration that holds the other pattern, or of the library in force if it stands there.
    """

    party: str
    pattern_id: str
    other_id: str
    document: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class Approval:
    """A second person approves one library, to the octet."""

    number: int
    library_sha256: str


def write_consent(consent: Consent) -> bytes:
    """The text to sign."""
    meaning = {
        Effect.SHARED: "Both patterns may recognise the same UIDs; a human then chooses between the Parties.",
        Effect.STANDS_BACK: "Where both patterns recognise a UID, ours stands back: the other Party is asked.",
    }[consent.effect]
    return _text(
        f"# Consent of {consent.party}. {meaning}",
        {
            "statement": _CONSENT,
            "format": FORMAT,
            "party": consent.party,
            "pattern": consent.pattern_id,
            "other-pattern": consent.other_id,
            "document": consent.document,
            "effect": consent.effect.value,
        },
    )


def write_approval(approval: Approval) -> bytes:
    """The text to sign."""
    return _text(
        f"# I have reviewed version {approval.number} of the pattern library and approve it.",
        {
            "statement": _APPROVAL,
            "format": FORMAT,
            "number": approval.number,
            "library": approval.library_sha256,
        },
    )


def read_consent(octets: bytes) -> Consent:
    """Raises LibraryLifeError with NOT_A_STATEMENT."""
    values = _read(
        octets, _CONSENT, {"party": str, "pattern": str, "other-pattern": str, "document": str, "effect": str}
    )
    if values["effect"] not in {effect.value for effect in Effect}:
        raise LibraryLifeError(Problem.NOT_A_STATEMENT)
    return Consent(
        party=str(values["party"]),
        pattern_id=str(values["pattern"]),
        other_id=str(values["other-pattern"]),
        document=str(values["document"]),
        effect=Effect(values["effect"]),
    )


def read_approval(octets: bytes) -> Approval:
    """Raises LibraryLifeError with NOT_A_STATEMENT."""
    values = _read(octets, _APPROVAL, {"number": int, "library": str})
    return Approval(number=int(str(values["number"])), library_sha256=str(values["library"]))


def _text(comment: str, values: Mapping[str, str | int]) -> bytes:
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join([comment, *lines, ""]).encode("utf-8")


def _read(octets: bytes, kind: str, keys: Mapping[str, type]) -> Mapping[str, object]:
    try:
        values = tomllib.loads(octets.decode("utf-8")) if len(octets) <= _MAX_OCTETS else {}
    except (ValueError, RecursionError):
        values = {}
    if values.get("statement") != kind or values.get("format") != FORMAT:
        raise LibraryLifeError(Problem.NOT_A_STATEMENT)
    if set(values) != {"statement", "format", *keys} or any(type(values[key]) is not keys[key] for key in keys):
        raise LibraryLifeError(Problem.NOT_A_STATEMENT)
    return values
