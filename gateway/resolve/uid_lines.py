"""UIDs out of a text body: one a line. What a mail client adds is taken away, nothing else is.

Blanks at the ends of a line belong to the mail, not to the UID (RFC 2045 §6.7, RFC 3676 §4.2): a UID that begins or
ends with a blank can only be asked about in a form. A line of greeting is taken for a UID, and answered as unknown.
"""

from collections.abc import Iterable, Iterator

_SIGNATURE = frozenset({"-- ", "--"})  # RFC 3676 §4.3; some clients cut the blank


def uids_of_text(text: str, *, flowed: bool, delete_space: bool) -> tuple[bytes, ...]:
    """Every line that holds something, as octets (UTF-8), in order; none after a signature separator.

    flowed, delete_space: `format=flowed` and `delsp=yes` of the Content-Type (RFC 3676).
    Only LF and CR LF end a line: GS (0x1D) is part of a UID.
    """
    lines: Iterable[str] = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if flowed:
        lines = _unflowed(lines, delete_space=delete_space)
    return tuple(_octets(_before_signature(lines)))


def without_legacy_display(text: str) -> str:
    """The text after a copy of header fields and its empty line (RFC 9788 §5.2.2)."""
    _, separator, rest = text.replace("\r\n", "\n").partition("\n\n")
    return rest if separator else text


def _octets(lines: Iterable[str]) -> Iterator[bytes]:
    for line in lines:
        stripped = line.strip(" \t")
        if stripped:
            yield stripped.encode("utf-8")


def _before_signature(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if line in _SIGNATURE:
            return
        yield line


def _unflowed(lines: Iterable[str], *, delete_space: bool) -> Iterator[str]:
    """RFC 3676 §4: a line that ends with a space goes on in the next one. Quoted lines are somebody else's: dropped."""
    paragraph = ""
    for line in lines:
        if line.startswith(">"):  # §4.5
            continue
        content = line.removeprefix(" ")  # §4.4: space-stuffing
        if content.endswith(" ") and content not in _SIGNATURE:
            paragraph += content[:-1] if delete_space else content
            continue
        if content in _SIGNATURE and paragraph:  # §4.3: the separator ends a paragraph
            yield paragraph
            paragraph = ""
        yield paragraph + content
        paragraph = ""
    yield paragraph
