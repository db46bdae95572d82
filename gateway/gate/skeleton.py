"""Is this text part empty? Clients add an empty message to a mail that is nothing but attachments."""

import re

from lxml import etree, html

from gateway.gate.refusal import malformed

_SKELETON_OCTETS = 64 * 1024
_INVISIBLE = "\ufeff"
# libxml2 drops what is nested deeper than 256 elements, and what follows a NUL.
_DEPTH_MAXIMUM = 64
_CONTROL = re.compile(r"[^\t\n\f\r\x20-\x7e\xa0-\U0010ffff]")
# What Thunderbird, Outlook, Apple Mail and webmail put around nothing. No image, link, form, script or object.
_ELEMENTS = frozenset(
    {
        *("html", "head", "meta", "title", "style", "body", "div", "p", "br", "span", "font", "b", "i", "u", "em"),
        *("strong", "blockquote", "pre", "section", "center", "tt", "o:p"),
    }
)
_LEGACY_DISPLAY_CLASS = "header-protection-legacy-display"  # RFC 9788 §5.2.2
_HEADER_LINE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}:[^\n]{0,2000}(?:\n[ \t][^\n]{0,2000}){0,16}\n?")


def is_empty_text(data: bytes, charset: str, *, markup: bool, legacy_display: bool) -> bool:
    """Whether a reader would see nothing.

    data: the body after its transfer encoding. charset: one of parameters.CHARSETS. markup: HTML instead of plain text.
    legacy_display: whether a copy of header fields at the beginning counts as nothing (RFC 9788 §5.2.2).
    Raises GateRefusedError for octets that are not in the charset, and for more than 64 KiB.
    """
    if len(data) > _SKELETON_OCTETS:
        raise malformed("skeleton-size")
    try:
        text = data.decode(charset)
    except UnicodeDecodeError:
        raise malformed("skeleton-charset") from None
    if _CONTROL.search(text):
        return False
    if markup:
        return _is_empty_markup(text, legacy_display)
    if legacy_display:
        text = _without_header_lines(text.replace("\r\n", "\n"))
    return not _has_text(text)


def _without_header_lines(text: str) -> str:
    position = 0
    while (line := _HEADER_LINE.match(text, position)) is not None:
        position = line.end()
    return text[position:]


def _is_empty_markup(text: str, legacy_display: bool) -> bool:
    if not _has_text(text):
        return True
    try:
        # Octets, because lxml refuses a str with an encoding declaration.
        root = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
    except etree.LxmlError:
        raise malformed("skeleton-markup") from None
    if legacy_display:
        for division in list(root.iter("div")):
            if division.get("class") == _LEGACY_DISPLAY_CLASS:
                tail = division.tail
                division.clear()
                division.tail = tail
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment")):
        depth += {"start": 1, "end": -1}.get(event, 0)
        if depth > _DEPTH_MAXIMUM:
            raise malformed("skeleton-markup")
        if event != "end" and _is_visible(element):
            return False
    return True


def _is_visible(element: html.HtmlElement) -> bool:
    if _has_text(element.tail):
        return True
    if not isinstance(element.tag, str):  # a comment
        return False
    return element.tag not in _ELEMENTS or (element.tag != "style" and _has_text(element.text))


def _has_text(text: str | None) -> bool:
    return bool(text and text.strip().strip(_INVISIBLE))
