"""The pattern library: which UIDs belong to which Party, and why.

`load_library` reads a library from untrusted octets; `recognise` says whose UID octets are. Both are pure: no file,
clock or network. Expressions run on RE2 only, as full matches of at most 128 octets.
"""

from importlib.resources import files

from pattern_rules.errors import ExpressionError, LibraryError, PatternRulesError
from pattern_rules.library import Library, Pattern
from pattern_rules.loader import load_library
from pattern_rules.membership import Members, MembershipPeriod
from pattern_rules.recogniser import recognise
from pattern_rules.recognition import Candidate, Recognition, Standing, Verdict

__all__ = [
    "Candidate",
    "ExpressionError",
    "Library",
    "LibraryError",
    "Members",
    "MembershipPeriod",
    "Pattern",
    "PatternRulesError",
    "Recognition",
    "Standing",
    "Verdict",
    "core_library_octets",
    "load_library",
    "recognise",
]


def core_library_octets() -> bytes:
    """Octets of the library the program starts with (data/core-library.toml)."""
    return files("pattern_rules.data").joinpath("core-library.toml").read_bytes()
