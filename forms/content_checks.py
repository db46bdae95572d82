"""What XSD 1.0 cannot say and every pack needs: marks, dates that exist, padding, characters, UIDs.

Contract: `check_content` walks a schema-valid tree beside its fields and yields Problems; it changes nothing.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from lxml import etree

from forms.attachments import is_attachment
from forms.characters import has_forbidden_character
from forms.errors import FormError, FormErrorCode, Problem
from forms.fields import MULTI_LINE, Field, Kind
from forms.form import MOMENT
from forms.uids import decode_uid, display_uid


def check_content(element: etree._Element, field: Field, path: str = "") -> Iterator[Problem]:
    """Yield what is wrong in `element`, which the schema has accepted as `field`; path: where it is, for Problems."""
    if field.answerable:
        yield from _check_marks(element, path)
    if field.kind is not Kind.GROUP:
        yield from _check_value(element, field, path)
        return
    for child, child_field, child_path in walk_children(element, field, path):
        yield from check_content(child, child_field, child_path)


def walk_children(element: etree._Element, field: Field, path: str) -> Iterator[tuple[etree._Element, Field, str]]:
    """Yield each child with its field and path, "[n]" behind the name of a field that repeats."""
    by_name = {child.name: child for child in field.children}
    seen: Counter[str] = Counter()
    for child in element:
        name = etree.QName(child).localname
        child_field = by_name[name]
        seen[name] += 1
        step = f"{name}[{seen[name]}]" if child_field.repeats else name
        yield child, child_field, f"{path}/{step}" if path else step


def _check_marks(element: etree._Element, path: str) -> Iterator[Problem]:
    answer, reason = element.get("answer"), element.get("reason")
    empty = len(element) == 0 and not element.text
    if answer is None and empty:
        yield Problem(FormErrorCode.EMPTY_WITHOUT_MARK, path)
    if answer is not None and not empty:
        yield Problem(FormErrorCode.VALUE_WITH_MARK, path)
    if answer == "withheld" and reason is None:
        yield Problem(FormErrorCode.REASON_MISSING, path)
    if answer != "withheld" and reason is not None:
        yield Problem(FormErrorCode.REASON_WITHOUT_MARK, path)


def _check_value(element: etree._Element, field: Field, path: str) -> Iterator[Problem]:
    text = element.text or ""
    line_breaks = field.kind not in MULTI_LINE and ("\n" in text or "\t" in text)
    if text != text.strip() or line_breaks:
        yield Problem(FormErrorCode.PADDED_VALUE, path)
    if has_forbidden_character(text):
        yield Problem(FormErrorCode.FORBIDDEN_CHARACTER, path)
    if field.kind is Kind.UID:
        yield from _check_uid(text, element.get("display"), path)
    elif field.kind is Kind.ATTACHMENT and not is_attachment(text, element.get("media-type", "")):
        yield Problem(FormErrorCode.BAD_ATTACHMENT, path)
    elif field.kind is Kind.MONEY and bool(text) != (element.get("currency") is not None):
        yield Problem(FormErrorCode.BAD_ATTRIBUTE, path)
    elif text and not _date_exists(field.kind, text):
        yield Problem(FormErrorCode.NO_SUCH_DATE, path)


def _check_uid(text: str, display: str | None, path: str) -> Iterator[Problem]:
    try:
        uid = decode_uid(text)
    except FormError as error:
        yield Problem(error.code, path)
        return
    # Two spellings of one UID in a form would let people and machines read two different codes.
    if display != display_uid(uid):
        yield Problem(FormErrorCode.UID_DISPLAY_DIFFERS, path)


def _date_exists(kind: Kind, text: str) -> bool:
    try:
        match kind:
            case Kind.DATE:
                date.fromisoformat(text)
            case Kind.PARTIAL_DATE:
                date.fromisoformat(text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text)
            case Kind.TIME_STAMP:
                datetime.strptime(text, MOMENT)  # noqa: DTZ007 -- only whether it exists; the form's own Z is checked by pattern
            case _:
                pass
    except ValueError:
        return False
    return True
