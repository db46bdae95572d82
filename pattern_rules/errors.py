"""What pattern_rules refuses: constant codes, the place in the library file, never content of a UID."""

from enum import StrEnum


class ExpressionProblem(StrEnum):
    """Why an expression is refused (security cases RE-g04 to RE-g29; docs/uid-patterns.md lists the subset)."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    NOT_PRINTABLE_ASCII = "not-printable-ascii"
    SYNTAX = "syntax"
    BACKREFERENCE = "backreference"
    LOOK_AROUND = "look-around"
    ATOMIC_GROUP = "atomic-group"
    FLAGS = "flags"
    BAD_GROUP_NAME = "bad-group-name"
    UNICODE_CLASS = "unicode-class"
    POSIX_CLASS = "posix-class"
    OCTET_ESCAPE = "octet-escape"
    UNKNOWN_ESCAPE = "unknown-escape"
    OUTSIDE_ALPHABET = "outside-alphabet"
    MISPLACED_ANCHOR = "misplaced-anchor"
    REPEAT_TOO_LARGE = "repeat-too-large"
    TOO_DEEP = "too-deep"
    TOO_MANY_GROUPS = "too-many-groups"
    TOO_LARGE = "too-large"
    MATCHES_NOTHING = "matches-nothing"
    MATCHES_THE_EMPTY_STRING = "matches-the-empty-string"
    MATCHES_EVERYTHING = "matches-everything"
    ENGINE_REFUSES = "engine-refuses"


class LibraryProblem(StrEnum):
    """Why a library file is refused."""

    TOO_BIG = "too-big"
    NOT_UTF8 = "not-utf-8"
    NOT_TOML = "not-toml"
    UNKNOWN_FORMAT = "unknown-format"
    UNKNOWN_KEY = "unknown-key"
    MISSING_KEY = "missing-key"
    BAD_VALUE = "bad-value"
    TOO_MANY = "too-many"
    DUPLICATE_ID = "duplicate-id"
    UNKNOWN_PATTERN = "unknown-pattern"
    UNKNOWN_PART = "unknown-part"
    PARTY_AND_GROUP = "party-and-group"
    GROUP_NOT_DECLARED = "group-not-declared"
    EXPRESSION = "expression"
    EXAMPLE_DOES_NOT_MATCH = "example-does-not-match"
    COUNTER_EXAMPLE_MATCHES = "counter-example-matches"
    DATES = "dates"


class PatternRulesError(Exception):
    """Base of all refusals of this package; its text is made of constant codes only."""


class ExpressionError(PatternRulesError):
    """An expression outside of the accepted subset.

    problem: the constant code. position: 0-based offset in the expression, or -1 if it concerns the whole.
    """

    def __init__(self, problem: ExpressionProblem, position: int = -1) -> None:
        super().__init__(f"expression refused: {problem.value} at {position}")
        self.problem = problem
        self.position = position


class LibraryError(PatternRulesError):
    """A library file that is refused as a whole.

    problem: the constant code. pattern_id: id of the pattern, "#N" (N-th, from 1) while its id is not known to
    be well-formed, "" for the header. field: key in the file, "" if the file as a whole. detail: the
    ExpressionProblem for EXPRESSION.
    """

    def __init__(
        self,
        problem: LibraryProblem,
        pattern_id: str = "",
        field: str = "",
        detail: ExpressionProblem | None = None,
    ) -> None:
        place = f"pattern {pattern_id}" if pattern_id else "header"
        why = f"{problem.value} ({detail.value})" if detail else problem.value
        super().__init__(f"pattern library refused: {why}, {place}, field {field or '-'}")
        self.problem = problem
        self.pattern_id = pattern_id
        self.field = field
        self.detail = detail


class SourceError(PatternRulesError):
    """A list of UIDs that cannot be read (too big, too many lines); the text names the limit only."""
