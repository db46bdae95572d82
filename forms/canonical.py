"""One spelling for each form: the octets that are signed, hashed and stored.

The rule (docs/forms.md): UTF-8; the pack's namespace declared once, as the default, on the root; white space between
elements removed, text of fields untouched; then Canonical XML 1.1 without comments, which for a whole document in one
namespace equals 1.0, the one libxml2 is asked for here.
"""

import hashlib

from lxml import etree


def canonical_tree(root: etree._Element) -> etree._Element:
    """Return a copy of `root` with the namespace as default and no white space between elements."""
    name = etree.QName(root)
    copy = etree.fromstring(f'<{name.localname} xmlns="{name.namespace}"/>')
    _copy_content(root, copy)
    return copy


def canonical_octets(root: etree._Element) -> bytes:
    """Return the canonical octets of a tree that `canonical_tree` made."""
    return etree.tostring(root, method="c14n", exclusive=False, with_comments=False)


def sha256_hex(octets: bytes) -> str:
    """Return the SHA-256 of `octets`, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(octets).hexdigest()


def _copy_content(source: etree._Element, target: etree._Element) -> None:
    for name, value in source.attrib.items():
        target.set(name, value)
    # Text beside elements is left in if it is more than layout, so that the schema sees and refuses it.
    if len(source) == 0 or _is_content(source.text):
        target.text = source.text
    for child in source:
        copy = etree.SubElement(target, child.tag)
        _copy_content(child, copy)
        if _is_content(child.tail):
            copy.tail = child.tail


def _is_content(text: str | None) -> bool:
    return text is not None and text.strip(" \t\r\n") != ""
