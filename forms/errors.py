"""What can be wrong with a form or slip: constant codes and a place made of the schema's own names.

Contract: nothing here ever holds a tag, attribute or value of the input, so every error may be shown and logged.
"""

from dataclasses import dataclass
from enum import Enum


class FormErrorCode(Enum):
    """Why a form, slip or spreadsheet was refused. The value is a stable key of the message catalogues."""

    # octets, before any XML parser sees them
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    BYTE_ORDER_MARK = "byte-order-mark"
    NUL = "nul"
    NOT_UTF8 = "not-utf8"
    BAD_DECLARATION = "bad-declaration"
    DOCTYPE = "doctype"
    COMMENT = "comment"
    CDATA = "cdata"
    PROCESSING_INSTRUCTION = "processing-instruction"
    # XML structure
    NOT_WELL_FORMED = "not-well-formed"
    TOO_DEEP = "too-deep"
    TOO_MANY_ELEMENTS = "too-many-elements"
    TOO_MANY_ATTRIBUTES = "too-many-attributes"
    TEXT_TOO_LONG = "text-too-long"
    WRONG_NAMESPACE = "wrong-namespace"
    # the document's kind
    NOT_A_FORM = "not-a-form"
    UNKNOWN_PACK = "unknown-pack"
    UNKNOWN_VERSION = "unknown-version"
    # schema
    MISSING_FIELD = "missing-field"
    UNEXPECTED_FIELD = "unexpected-field"
    BAD_VALUE = "bad-value"
    BAD_ATTRIBUTE = "bad-attribute"
    # what an XSD 1.0 cannot say
    PADDED_VALUE = "padded-value"
    FORBIDDEN_CHARACTER = "forbidden-character"
    NO_SUCH_DATE = "no-such-date"
    EMPTY_WITHOUT_MARK = "empty-without-mark"
    VALUE_WITH_MARK = "value-with-mark"
    REASON_MISSING = "reason-missing"
    REASON_WITHOUT_MARK = "reason-without-mark"
    BAD_UID = "bad-uid"
    UID_DISPLAY_DIFFERS = "uid-display-differs"
    DUPLICATE_UID = "duplicate-uid"
    TOO_MANY_UIDS = "too-many-uids"
    BAD_ATTACHMENT = "bad-attachment"
    EXPIRES_BEFORE_CREATED = "expires-before-created"
    INCONSISTENT = "inconsistent"
    # spreadsheets and lists
    UNREADABLE_FILE = "unreadable-file"
    FORMULA = "formula"
    EMPTY_LIST = "empty-list"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong.

    code: what. path: the field, as names of the schema joined by "/", with "[n]" behind a repeated one; "" for
    the document. rule: the id of the pack's rule when code is RULE, else "".
    """

    code: FormErrorCode
    path: str = ""
    rule: str = ""


class FormError(ValueError):
    """A form or slip was refused. Its text is made of constant codes and schema names only."""

    def __init__(self, code: FormErrorCode, path: str = "", rule: str = "") -> None:
        super().__init__(code.value, path, rule)
        self.problem = Problem(code, path, rule)

    @property
    def code(self) -> FormErrorCode:
        """What is wrong."""
        return self.problem.code

    @property
    def path(self) -> str:
        """Where: schema names only, "" for the whole document."""
        return self.problem.path

    def __str__(self) -> str:
        return ": ".join(part for part in (self.code.value, self.path, self.problem.rule) if part)
