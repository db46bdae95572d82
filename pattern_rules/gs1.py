"""GS1 notations of one identifier: bracketed application identifiers, Digital Link and EPC URN, as an element string.

Sources: GS1 General Specifications §3 (application identifiers) and §7.8 (FNC1); GS1 Digital Link: URI Syntax §4;
GS1 EPC Tag Data Standard §6.3 (SGTIN, SSCC) and §6.3.21 (UPUI). Only what occurs on tobacco is here.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

import re2

from pattern_rules.checks import gs1_mod10

GS = b"\x1d"
MAX_QUERY_FIELDS = 32
# Application identifier: lengths its value may have. One length: needs no GS behind it.
_VALUE_LENGTHS: Mapping[bytes, frozenset[int]] = {
    b"00": frozenset({18}),
    b"01": frozenset({14}),
    b"21": frozenset(range(1, 21)),
    b"235": frozenset(range(1, 29)),
    b"8005": frozenset({6}),
    b"8008": frozenset({8, 10, 12}),
    b"93": frozenset(range(1, 91)),
}
_PREDEFINED_LENGTH = frozenset({b"00", b"01"})  # General Specifications figure 7.8.5-2: no separator behind these
_BRACKETED = re2.compile(rb"\((00|01|21|235|8005|8008|93)\)")


def from_brackets(octets: bytes) -> bytes | None:
    """Element string of a spelling such as (01)01234567987651(235)51qIgY)<&Jp3*j7SDB.

    ( and ) are legal characters of AI 235 and 21: only a bracketed, known AI is taken for one, and only if all the
    values then have lengths their AIs allow.
    """
    found = list(_BRACKETED.finditer(octets))
    if not found or found[0].start() != 0:
        return None
    ends = [match.start() for match in found[1:]] + [len(octets)]
    pairs = [(match.group(1), octets[match.end() : end]) for match, end in zip(found, ends, strict=True)]
    return _element_string(pairs)


def from_digital_link(octets: bytes) -> bytes | None:
    """Element string of a GS1 Digital Link of any resolver; percent-encoding is undone once."""
    if not octets.startswith((b"http://", b"https://")) or not octets.isascii():
        return None
    try:
        link = urlsplit(octets.decode("ascii"))
        query = parse_qsl(link.query, max_num_fields=MAX_QUERY_FIELDS)
    except ValueError:  # a malformed IPv6 host, or more fields than anybody needs
        return None
    segments = [unquote_to_bytes(segment) for segment in link.path.split("/")]
    start = next((at for at, segment in enumerate(segments) if segment in _PREDEFINED_LENGTH), None)
    if start is None:
        return None
    tail = segments[start:]
    if len(tail) % 2:
        return None
    pairs = list(zip(tail[::2], tail[1::2], strict=True))
    pairs += [(b"8008", value.encode("ascii")) for name, value in query if name == "8008" and value.isascii()]
    return _element_string([(name, _padded(name, value)) for name, value in pairs])


def from_urn(octets: bytes) -> bytes | None:
    """Element string of an EPC pure identity URN: upui, sgtin or sscc."""
    scheme, _, body = octets.rpartition(b":")
    if not octets.isascii() or scheme not in _URN_SCHEMES:
        return None
    company, dot, rest = body.partition(b".")
    reference, dot2, serial = rest.partition(b".")
    if not dot or not company.isdigit() or not reference.isdigit():
        return None
    if scheme.endswith(b"sscc"):
        # indicator digit first, then company prefix, then the rest of the reference (TDS §7.2)
        return None if dot2 else _element_string([(b"00", _with_check_digit(reference, company))])
    if not dot2 or not serial:
        return None
    key = b"235" if scheme.endswith(b"upui") else b"21"
    return _element_string([(b"01", _with_check_digit(reference, company)), (key, unquote_to_bytes(serial))])


_URN_SCHEMES = frozenset({b"urn:epc:id:upui", b"urn:epc:id:sgtin", b"urn:epc:id:sscc"})


def _with_check_digit(reference: bytes, company: bytes) -> bytes:
    body = reference[:1] + company + reference[1:]
    return next(body + bytes([digit]) for digit in b"0123456789" if gs1_mod10(body + bytes([digit])))


def _padded(name: bytes, value: bytes) -> bytes:
    # Digital Link: URI Syntax §4.3: a GTIN-8, -12 or -13 stands for the 14 digits with zeros in front.
    return value.rjust(14, b"0") if name == b"01" and len(value) in {8, 12, 13} else value


def _element_string(pairs: list[tuple[bytes, bytes]]) -> bytes | None:
    parts: list[bytes] = []
    for number, (name, value) in enumerate(pairs, start=1):
        if name not in _VALUE_LENGTHS or len(value) not in _VALUE_LENGTHS[name] or GS in value:
            return None
        if name in _PREDEFINED_LENGTH and not value.isdigit():
            return None
        last = number == len(pairs)
        parts += [name, value, b"" if last or name in _PREDEFINED_LENGTH else GS]
    return b"".join(parts)
