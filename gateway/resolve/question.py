"""The question in an opened mail: which UIDs it asks about. Bounded; nothing is folded or repaired."""

from forms.errors import FormError
from forms.validation import validate
from gateway.resolve.mail_parts import MailParts, TextPart, parts_of_mail
from gateway.resolve.not_a_question import NotAQuestionError
from gateway.resolve.uid_lines import uids_of_text

UIDS_MAXIMUM = 50
UID_OCTETS_MAXIMUM = 128
FORM_PACK = "uid-resolve"
_FORM_BEGINNINGS = ("<?xml", "<form")


def uids_asked(octets: bytes, *, mime: bool) -> tuple[bytes, ...]:
    """The UIDs an opened mail asks about, in order, each once.

    octets: the plaintext. mime: a MIME entity (RFC 3156), else the text of an inline armor, UTF-8.
    One `uid-resolve` form counts alone, whatever is written beside it; else every line of every text is a UID.
    Raises NotAQuestionError: none, more than 50, one over 128 octets, several forms, anything that is neither.
    """
    parts = parts_of_mail(octets) if mime else _inline(octets)
    forms = list(parts.files)
    forms += [part.text.strip().encode("utf-8") for part in parts.texts if _is_form(part.text)]
    if len(forms) > 1:
        raise NotAQuestionError
    found = _uids_of_form(forms[0]) if forms else _uids_of_texts(parts.texts)
    uids = tuple(dict.fromkeys(found))
    if not 1 <= len(uids) <= UIDS_MAXIMUM or any(len(uid) > UID_OCTETS_MAXIMUM for uid in uids):
        raise NotAQuestionError
    return uids


def _inline(octets: bytes) -> MailParts:
    try:
        return MailParts(texts=[TextPart(octets.decode("utf-8"))])
    except UnicodeDecodeError:
        raise NotAQuestionError from None


def _is_form(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith(_FORM_BEGINNINGS)


def _uids_of_form(octets: bytes) -> tuple[bytes, ...]:
    try:
        form = validate(octets)
    except FormError:
        raise NotAQuestionError from None
    if form.pack != FORM_PACK:
        raise NotAQuestionError
    return form.uids


def _uids_of_texts(texts: list[TextPart]) -> tuple[bytes, ...]:
    return tuple(
        uid for part in texts for uid in uids_of_text(part.text, flowed=part.flowed, delete_space=part.delete_space)
    )
