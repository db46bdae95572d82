"""Read XML that a stranger wrote: raw octets first, then lxml with everything off, then caps on the tree.

Contract: `parse` returns an element tree of one namespace that holds elements and text only, or raises FormError
with a constant code. No entity is resolved, no file or network is touched, no part of the input is repeated in an
error. Memory is bounded by `Limits.octets` and `Limits.elements` before the parser allocates anything.
"""

import re
from dataclasses import dataclass

from lxml import etree

from forms.errors import FormError, FormErrorCode

_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe", b"\x00\x00\xfe\xff")
# XML 1.0 §2.8; UTF-8 is the only encoding, single or double quotes.
_DECLARATION = re.compile(
    rb"<\?xml version=(?:\"1\.0\"|'1\.0')"
    rb"(?: encoding=(?:\"[Uu][Tt][Ff]-8\"|'[Uu][Tt][Ff]-8'))?"
    rb"(?: standalone=(?:\"(?:yes|no)\"|'(?:yes|no)'))? ?\?>"
)
# In well-formed XML "<" never stands for itself (XML 1.0 §2.4), so these need no parser to find.
_FORBIDDEN = (
    (b"<!DOCTYPE", FormErrorCode.DOCTYPE),
    (b"<!--", FormErrorCode.COMMENT),
    (b"<![CDATA[", FormErrorCode.CDATA),
    (b"<!", FormErrorCode.NOT_WELL_FORMED),
    (b"<?", FormErrorCode.PROCESSING_INSTRUCTION),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps. octets: size of the document. depth: nested elements. elements: in all. attributes: on one element.

    text: characters of one text or attribute value.
    """

    octets: int
    depth: int = 32
    elements: int = 200_000
    attributes: int = 32
    text: int = 1_500_000


SLIP_LIMITS = Limits(octets=16 * 1024, depth=2, elements=32, attributes=4, text=128)
FORM_LIMITS = Limits(octets=8 * 1024 * 1024)


def parse(octets: bytes, *, limits: Limits) -> etree._Element:
    """Parse `octets` as one XML document.

    Returns the root element. Raises FormError: never with anything of the input in it.
    """
    _check_octets(octets, limits)
    # A parser of our own each time: lxml keeps the error log, with content, on the parser.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        strip_cdata=False,
    )
    try:
        root = etree.fromstring(octets, parser)
    except etree.XMLSyntaxError:
        root = None
    # Raised here and not above: an exception's context would carry lxml's text, which quotes the input.
    if root is None:
        etree.clear_error_log()  # the thread's own log quotes it, too
        raise FormError(FormErrorCode.NOT_WELL_FORMED)
    _check_tree(root, limits)
    return root


def _check_octets(octets: bytes, limits: Limits) -> None:
    if not octets:
        raise FormError(FormErrorCode.EMPTY)
    if len(octets) > limits.octets:
        raise FormError(FormErrorCode.TOO_LARGE)
    if octets.startswith(_BYTE_ORDER_MARKS):
        raise FormError(FormErrorCode.BYTE_ORDER_MARK)
    if b"\x00" in octets:
        raise FormError(FormErrorCode.NUL)
    if not _is_utf8(octets):
        raise FormError(FormErrorCode.NOT_UTF8)
    body = octets
    if octets.startswith(b"<?xml"):
        declaration = _DECLARATION.match(octets)
        if declaration is None:
            raise FormError(FormErrorCode.BAD_DECLARATION)
        body = octets[declaration.end() :]
    for markup, code in _FORBIDDEN:
        if markup in body:
            raise FormError(code)
    if not body.lstrip(b" \t\r\n").startswith(b"<"):
        raise FormError(FormErrorCode.NOT_WELL_FORMED)
    # Every element costs at least one "<"; end tags are "</".
    if body.count(b"<") - body.count(b"</") > limits.elements:
        raise FormError(FormErrorCode.TOO_MANY_ELEMENTS)
    # Every attribute costs two quotes; one for each element is more than any form has.
    if body.count(b'"') + body.count(b"'") > 2 * limits.elements:
        raise FormError(FormErrorCode.TOO_MANY_ATTRIBUTES)


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8", "strict")  # refuses overlong forms and surrogates, RFC 3629 §3
    except UnicodeDecodeError:
        return False
    return True


def _check_tree(root: etree._Element, limits: Limits) -> None:
    namespace = etree.QName(root).namespace
    if not namespace:
        raise FormError(FormErrorCode.WRONG_NAMESPACE)
    level = [root]
    for depth in range(1, limits.depth + 2):
        if not level:
            return
        if depth > limits.depth:
            raise FormError(FormErrorCode.TOO_DEEP)
        children: list[etree._Element] = []
        for element in level:
            _check_element(element, namespace, limits)
            children.extend(element)
        level = children


def _check_element(element: etree._Element, namespace: str, limits: Limits) -> None:
    if not isinstance(element.tag, str):  # an entity, comment or PI node: the octets' check should not let it through
        raise FormError(FormErrorCode.NOT_WELL_FORMED)
    # Exactly one namespace, and no declaration that names another (xsi:schemaLocation, XInclude, HTML).
    if etree.QName(element).namespace != namespace or set(element.nsmap.values()) != {namespace}:
        raise FormError(FormErrorCode.WRONG_NAMESPACE)
    if len(element.attrib) > limits.attributes:
        raise FormError(FormErrorCode.TOO_MANY_ATTRIBUTES)
    for name, value in element.attrib.items():
        if str(name).startswith("{"):
            raise FormError(FormErrorCode.WRONG_NAMESPACE)
        if len(value) > limits.text:
            raise FormError(FormErrorCode.TEXT_TOO_LONG)
    for text in (element.text, element.tail):
        if text and len(text) > limits.text:
            raise FormError(FormErrorCode.TEXT_TOO_LONG)
