"""Is this text part empty? Clients add an empty message to a mail that is nothing but attachments.

HTML is read as a sequence of tokens, each of which must be one that shows nothing. Parsers that repair HTML are no
help: libxml2 loses what stands behind the root element, in deep nesting or behind a NUL.
"""

import re

from gateway.gate.refusal import malformed

_SKELETON_OCTETS = 64 * 1024
# What Thunderbird, Outlook, Apple Mail and webmail put around nothing. No image, link, form, script or object.
_ELEMENTS = frozenset(
    {
        *("html", "head", "meta", "title", "style", "body", "div", "p", "br", "span", "font", "b", "i", "u", "em"),
        *("strong", "blockquote", "pre", "section", "center", "tt", "o:p"),
    }
)
_CONTROL = re.compile(r"[^\t\n\f\r\x20-\x7e\xa0-\U0010ffff]")
_BLANK = re.compile(r"(?:[\s\ufeff]|&nbsp;|&#160;|&#xa0;)++", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z:]{0,15})((?:[\s/][^<>]*)?)>")
_DECLARATION = re.compile(r"<![A-Za-z\[][^<>]*>")  # DOCTYPE, and Outlook's <![if ...]>
_STYLE_END = re.compile(r"</style[\s/>]", re.IGNORECASE)
_DIVISION_END = re.compile(r"</div>", re.IGNORECASE)
_LEGACY_DISPLAY = re.compile(r'\bclass="header-protection-legacy-display"')  # RFC 9788 §5.2.2
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
    return not text.strip().strip("\ufeff")


def _without_header_lines(text: str) -> str:
    position = 0
    while (line := _HEADER_LINE.match(text, position)) is not None:
        position = line.end()
    return text[position:]


def _is_empty_markup(text: str, legacy_display: bool) -> bool:
    position: int | None = 0
    while position is not None and position < len(text):
        position = _after_token(text, position, legacy_display)
    return position is not None


def _after_token(text: str, position: int, legacy_display: bool) -> int | None:
    """The end of a token that shows nothing, or None where something is shown or not understood."""
    if text.startswith("<!--", position):
        # Two characters on, because "<!-->" is a whole comment; a browser also ends one at "--!>".
        end = text.find("-->", position + 2)
        return None if end < 0 or "--!>" in text[position:end] else end + 3
    token = _BLANK.match(text, position) or _DECLARATION.match(text, position)
    if token is not None:
        return token.end()
    tag = _TAG.match(text, position)
    if tag is None or tag.group(2).lower() not in _ELEMENTS:
        return None
    closing, name, attributes = tag.group(1), tag.group(2).lower(), tag.group(3)
    content_end = None
    if name == "style" and not closing:
        content_end = _STYLE_END
    elif name == "div" and legacy_display and _LEGACY_DISPLAY.search(attributes):
        content_end = _DIVISION_END
    if content_end is None:
        return tag.end()
    found = content_end.search(text, tag.end())
    return None if found is None else found.start()
