"""What the life of the library refuses: one error type with a constant code; no form text, UID or name in it."""

from enum import StrEnum


class Problem(StrEnum):
    """Why a step is refused."""

    NOT_SIGNED = "expected one OpenPGP message with one signature, made by `gpg --armor --sign` and not encrypted"
    TOO_LARGE = "the signed file is too large"
    UNKNOWN_SIGNER = "the signer's certificate is not in the directory, nor among the Secretariat's"
    BAD_SIGNATURE = "the signature is not good, or its key is expired, revoked or withdrawn"
    SIGNED_IN_FUTURE = "the signature is from the future; is a clock wrong?"
    SIGNED_TOO_LONG_AGO = "the signature is too old; sign again"
    SIGNER_NOT_ACTIVE = "the signer is not an active officer of a Party that is a member today"
    SIGNER_MAY_NOT = "the signer needs the role `review` to speak for a Party"
    NOT_A_DECLARATION = "expected a form of the pack pattern-declaration"
    OTHER_PARTY = "the document names another Party than the signer's"
    EXPIRED = "the document has expired"
    ALREADY_HERE = "this document was registered before"
    OLDER_THAN_KNOWN = "a later declaration of these patterns is already here"
    NOT_A_STATEMENT = "expected a statement as `gsp library consent` or `gsp library review` writes it"
    UNKNOWN_DECLARATION = "no pending declaration or library version has this SHA-256"
    UNKNOWN_PATTERN = "a pattern named here is neither in the library nor in a pending declaration"
    PATTERN_NOT_YOURS = "the pattern belongs to another Party, or to several"
    PATTERN_EXISTS = "a pattern with this identifier exists already"
    PATTERN_PENDING = "another pending declaration already concerns this pattern"
    RETIRED_OTHERWISE_CHANGED = "a pattern that is retired must otherwise stay as it is"
    CHARACTER_SET = "an example holds a character outside of the declared character set"
    LENGTHS = "the declared lengths are not those of the expression and its examples"
    TIME_STAMP_PART = "a time stamp check needs a part (?P<ts>…) in the expression"
    TEXT_TOO_LONG = "issuer is limited to 32 characters, region to 8, description to 500 on one line"
    NOTHING_TO_PUBLISH = "nothing is pending: no declaration, no rollback"
    NO_PROPOSAL = "no proposal is open: run `gsp library review`"
    OTHER_PROPOSAL = "the approval is for another proposal than the open one; review and sign again"
    OBJECTIONS = "objections stand against the proposal: `gsp library review` shows them"
    SAME_PERSON = "four eyes: this person declared, consented or approved here already"
    OWN_PARTY = "an officer does not approve what the own Party declared"
    NOT_APPROVED = "the proposal lacks the approval of a second person"
    NO_RELEASE_KEYS = "no release keys are configured: library.release_keys"
    RELEASE_KEYS = "the file of release certificates does not hold every release key that is configured"
    RELEASE_SIGNATURE = "a release signature is not good, or not of a release key"
    TWO_RELEASE_KEYS = "expected the signatures of two different release keys"
    NOT_RELEASED = "expected a library signed by two release keys"
    UNKNOWN_VERSION = "the library has no such version"
    ROLLBACK = "this library is older than the one that is here"
    FORK = "this library does not follow from the one that is here: same number or predecessor, other content"
    GAP = "versions between the one that is here and this one are missing: give them too, or fetch by URL"
    LIBRARY_EXPIRED = "this library has expired"
    UNREACHABLE = "the library cannot be fetched from there"


class LibraryLifeError(ValueError):
    """A step was refused.

    problem: why. code: its name, for programs. pattern_id: the pattern concerned, "" if none. detail: another constant
    code, "" if none.
    """

    def __init__(self, problem: Problem, pattern_id: str = "", detail: str = "") -> None:
        place = f"pattern {pattern_id}: " if pattern_id else ""
        super().__init__(f"{place}{problem.value}{f' ({detail})' if detail else ''}")
        self.problem = problem
        self.code = problem.name.lower().replace("_", "-")
        self.pattern_id = pattern_id
        self.detail = detail
