"""Security cases 3.4: XML that attacks the reader of slips and forms."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from forms import FormError, FormErrorCode, compose_slip, parse_slip, validate

from .builders import query, slip

CANARY = "CANARY7f3k"
SLIP = compose_slip(slip())
FORM = query().canonical
BIDI = "\u202e"


@dataclass(frozen=True)
class Reader:
    """One of the two doors that strangers' XML comes in by, and a document it accepts."""

    name: str
    read: Callable[[bytes], object]
    good: bytes

    @property
    def root(self) -> bytes:
        return re.match(rb"<([a-z]+)", self.good)[1]  # type: ignore[index]

    @property
    def inside(self) -> bytes:
        """The content of the root element."""
        return self.good[self.good.index(b">") + 1 : self.good.rindex(b"</")]

    @property
    def start(self) -> bytes:
        return self.good[: self.good.index(b">") + 1]

    def with_first_text(self, text: bytes) -> bytes:
        """The document with the text of a field that has a tight pattern replaced."""
        return re.sub(rb">(KE|officials-only)<", lambda _: b">" + text + b"<", self.good, count=1)


READERS = (Reader("slip", parse_slip, SLIP), Reader("form", validate, FORM))


def _doctype(inner: bytes, reference: bytes = b"&x;") -> Callable[[Reader], bytes]:
    return lambda reader: b"<!DOCTYPE " + reader.root + b" [" + inner + b"]>" + reader.with_first_text(reference)


def _laughs(reader: Reader) -> bytes:
    entities = b'<!ENTITY a0 "ha">' + b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)
    )
    return _doctype(entities, b"&a9;")(reader)


def _quadratic(reader: Reader) -> bytes:
    return _doctype(b'<!ENTITY x "%s">' % (b"A" * 2000), b"&x;" * 1000)(reader)


def _attribute_in_root(attribute: bytes) -> Callable[[Reader], bytes]:
    return lambda reader: reader.start[:-1] + b" " + attribute + b">" + reader.good[len(reader.start) :]


def _declared(encoding: str, octets: Callable[[str], bytes]) -> Callable[[Reader], bytes]:
    return lambda reader: octets(f'<?xml version="1.0" encoding="{encoding}"?>{reader.good.decode()}')


def _twice(name: bytes) -> Callable[[Reader], bytes]:
    return lambda reader: re.sub(rb"(<(?:%s)[ >].*?</(?:%s)>)" % (name, name), rb"\1\1", reader.good, count=1)


REFUSED: tuple[tuple[str, Callable[[Reader], bytes]], ...] = (
    ("XML-x02-xxe-file", _doctype(b'<!ENTITY x SYSTEM "file:///etc/hostname">')),
    ("XML-x03-xxe-http", _doctype(b'<!ENTITY x SYSTEM "http://127.0.0.1:PORT/">')),
    ("XML-x04-pe-oob", _doctype(b'<!ENTITY % p SYSTEM "http://127.0.0.1:PORT/p.dtd"> %p;', b"KE")),
    (
        "XML-x05-ext-dtd",
        lambda r: b"<!DOCTYPE " + r.root + b' SYSTEM "http://127.0.0.1:PORT/e.dtd">' + r.good,
    ),
    ("XML-x06-billion-laughs", _laughs),
    ("XML-x07-quadratic", _quadratic),
    ("XML-x08-doctype-only", lambda r: b"<!DOCTYPE " + r.root + b">" + r.good),
    ("XML-x08-doctype-late", lambda r: b"\n <!DOCTYPE " + r.root + b">" + r.good),
    (
        "XML-x09-xinclude",
        lambda r: (
            r.start
            + b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname" parse="text"/>'
            + r.good[len(r.start) :]
        ),
    ),
    ("XML-x10-xslt-pi", lambda r: b'<?xml-stylesheet type="text/xsl" href="http://127.0.0.1:PORT/"?>' + r.good),
    ("XML-x10-pi-after", lambda r: r.good + b"<?php echo 1 ?>"),
    ("XML-x11-deep", lambda r: r.start + b"<a>" * 5000 + b"</a>" * 5000 + r.good[len(r.start) :]),
    ("XML-x11-deep-33", lambda r: r.start + b"<a>" * 33 + b"</a>" * 33 + r.good[len(r.start) :]),
    ("XML-x12-attrs", _attribute_in_root(b" ".join(b'a%d="1"' % n for n in range(20_000)))),
    ("XML-x12-attrs-33", _attribute_in_root(b" ".join(b'a%d="1"' % n for n in range(33)))),
    ("XML-x13-utf7", _declared("UTF-7", lambda text: text.replace("<", "+ADw-").encode())),
    ("XML-x13-utf7-declared-only", _declared("UTF-7", str.encode)),
    ("XML-x13-latin1-declared", _declared("ISO-8859-1", str.encode)),
    ("XML-x14-utf16-xxe", _declared("UTF-16", lambda text: text.encode("utf-16"))),
    ("XML-x14-utf16le-no-bom", lambda r: r.good.decode().encode("utf-16-le")),
    ("XML-x14-utf32", lambda r: r.good.decode().encode("utf-32")),
    ("XML-x15-ebcdic", _declared("cp037", lambda text: text.encode("cp037"))),
    ("XML-x16-nul", lambda r: r.with_first_text(b"K\x00E")),
    ("XML-x16-nul-at-end", lambda r: r.good + b"\x00"),
    ("XML-x16-nul-reference", lambda r: r.with_first_text(b"&#0;")),
    ("XML-x17-bad-utf8-overlong", lambda r: r.with_first_text(b"\xc0\xbc")),
    ("XML-x17-bad-utf8-surrogate", lambda r: r.with_first_text(b"\xed\xa0\x80")),
    ("XML-x17-bad-utf8-cut", lambda r: r.with_first_text(b"\xe2\x82")),
    ("XML-x17-bom", lambda r: b"\xef\xbb\xbf" + r.good),
    ("XML-x18-dup-root", lambda r: r.good + r.good),
    ("XML-x18-trailing-text", lambda r: r.good + b"x"),
    ("XML-x19-dup-field", _twice(b"requested-party|purpose")),
    ("XML-x21-comment", lambda r: r.with_first_text(b"K<!-- -->E")),
    ("XML-x21-comment-before-root", lambda r: b"<!-- -->" + r.good),
    ("XML-x22-cdata", lambda r: r.with_first_text(b"<![CDATA[KE]]>")),
    ("XML-x23-space-before", lambda r: r.with_first_text(b" KE")),
    ("XML-x23-space-after", lambda r: r.with_first_text(b"officials-only ")),
    ("XML-x23-tab", lambda r: r.with_first_text(b"\tKE")),
    ("XML-x24-ns-other", lambda r: re.sub(rb'xmlns="[^"]*"', b'xmlns="urn:other"', r.good)),
    ("XML-x24-ns-none", lambda r: re.sub(rb' xmlns="[^"]*"', b"", r.good)),
    ("XML-x24-ns-unused-declaration", _attribute_in_root(b'xmlns:x="urn:x"')),
    ("XML-x24-ns-prefixed-attribute", _attribute_in_root(b'xml:lang="en"')),
    ("XML-x24-ns-child-in-other", lambda r: r.inside and re.sub(rb"<(class|purpose)>", rb'<\1 xmlns="urn:x">', r.good)),
    ("XML-x25-html", lambda _: b'<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>'),
    ("XML-x25-html5", lambda _: b"<!doctype html><html><body><p>x"),
    ("XML-x28-bidi", lambda r: r.with_first_text(f"K{BIDI}E".encode())),
    ("XML-x29-fullwidth", lambda r: r.good.replace(b"2026", "２０２６".encode()).replace(b">a<", "＞ａ＜".encode())),
    ("XML-x30-trailing-newline", lambda r: r.with_first_text(b"KE\n")),
    ("XML-x30-trailing-newline-reference", lambda r: r.with_first_text(b"KE&#10;")),
    (
        "XML-b01-undeclared-entity",
        lambda r: r.with_first_text(b"&undeclared;"),
    ),
    ("XML-b01-parameter-entity-internal", _doctype(b"<!ENTITY % a \"<!ENTITY x 'KE'>\"> %a;")),
    ("XML-b01-attribute-default", _doctype(b'<!ATTLIST form language CDATA "en">', b"KE")),
    ("XML-b01-notation", _doctype(b'<!NOTATION n SYSTEM "http://127.0.0.1:PORT/">', b"KE")),
    (
        "XML-b01-public-identifier",
        lambda r: b"<!DOCTYPE " + r.root + b' PUBLIC "-//x//y" "file:///dev/random">' + r.good,
    ),
    ("XML-b01-lower-case-doctype", lambda r: b"<!doctype " + r.root + b">" + r.good),
    ("XML-b01-xml-base", _attribute_in_root(b'xml:base="http://127.0.0.1:PORT/"')),
    ("XML-b01-xml-id", _attribute_in_root(b'xml:id="a"')),
    ("XML-b01-declaration-twice", lambda r: b'<?xml version="1.0"?><?xml version="1.0"?>' + r.good),
    ("XML-b01-declaration-late", lambda r: b' <?xml version="1.0"?>' + r.good),
    ("XML-b01-version-1.1", lambda r: b'<?xml version="1.1"?>' + r.good),
    (
        "XML-b02-schema-location",
        _attribute_in_root(
            b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x http://127.0.0.1:PORT/"'
        ),
    ),
    (
        "XML-b02-no-namespace-schema-location",
        _attribute_in_root(
            b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            b'xsi:noNamespaceSchemaLocation="http://127.0.0.1:PORT/"'
        ),
    ),
    ("XML-b03-unknown-tag", lambda r: r.start + f"<{CANARY}/>".encode() + r.good[len(r.start) :]),
    ("XML-b03-unclosed-tag", lambda r: r.start + f"<{CANARY}>".encode() + r.good[len(r.start) :]),
    ("XML-b04-bad-value", lambda r: r.with_first_text(CANARY.encode())),
    ("XML-b04-bad-attribute", _attribute_in_root(f'{CANARY}="{CANARY}"'.encode())),
    ("empty", lambda _: b""),
    ("white-space-only", lambda _: b" \n"),
    ("text-only", lambda _: CANARY.encode()),
    ("text-between-elements", lambda r: r.start + CANARY.encode() + r.good[len(r.start) :]),
)


class _Listener:
    """A port that counts who connects."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.02)
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._socket.accept()[0].close()
            except TimeoutError:
                continue
            self.connections += 1

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()


@pytest.fixture(scope="module")
def listener() -> Iterator[_Listener]:
    server = _Listener()
    yield server
    server.close()


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@pytest.mark.parametrize(("case", "spoil"), REFUSED, ids=[case for case, _ in REFUSED])
def test_hostile_xml_is_refused_at_once_without_repeating_it(
    case: str, spoil: Callable[[Reader], bytes], reader: Reader, listener: _Listener
) -> None:
    octets = spoil(reader).replace(b"PORT", str(listener.port).encode())
    assert octets != reader.good, f"{case} does not spoil anything"
    start = time.perf_counter()
    with pytest.raises(FormError) as caught:
        reader.read(octets)
    assert time.perf_counter() - start < 1
    assert listener.connections == 0
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    for shown in (str(error), repr(error), repr(error.args), repr(error.problem)):
        assert CANARY.lower() not in shown.lower()


def test_the_listener_would_notice_a_connection(listener: _Listener) -> None:
    before = listener.connections
    socket.create_connection(("127.0.0.1", listener.port)).close()
    deadline = time.monotonic() + 5
    while listener.connections == before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert listener.connections == before + 1
    listener.connections = before


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(lambda octets: octets, id="XML-x01-ok"),
        pytest.param(lambda octets: b'<?xml version="1.0" encoding="UTF-8"?>\n' + octets + b"\n", id="declaration"),
        pytest.param(lambda octets: b"<?xml version='1.0' encoding='utf-8' standalone='yes'?>" + octets, id="quotes"),
        pytest.param(lambda octets: octets.replace(b"><", b">\r\n\t<"), id="indented"),
        pytest.param(lambda octets: octets.replace(b">KE<", b">&#75;E<"), id="character-reference"),
    ],
)
def test_the_same_document_in_another_layout_is_accepted_and_means_the_same(
    reader: Reader, layout: Callable[[bytes], bytes]
) -> None:
    assert reader.read(layout(reader.good)) == reader.read(reader.good)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_document_with_a_prefix_for_its_one_namespace_means_the_same(reader: Reader) -> None:
    prefixed = re.sub(rb"<(/?)([a-z])", rb"<\1p:\2", reader.good).replace(b"xmlns=", b"xmlns:p=")
    assert reader.read(prefixed) == reader.read(reader.good)


def test_xml_x27_a_slip_over_16_kib_is_refused_by_size_alone() -> None:
    for text in (b" " * 16_384, b"x" * 200_000):
        with pytest.raises(FormError) as caught:
            parse_slip(SLIP.replace(b"</slip>", text + b"</slip>"))
        assert caught.value.code is FormErrorCode.TOO_LARGE
    assert parse_slip(SLIP + b" " * (16_384 - len(SLIP))) == slip()


def test_a_form_over_8_mib_or_200_000_elements_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(FormError) as caught:
        validate(FORM + b" " * 8 * 1024 * 1024)
    assert caught.value.code is FormErrorCode.TOO_LARGE
    with pytest.raises(FormError) as caught:
        validate(FORM.replace(b"</form>", b"<a/>" * 200_001 + b"</form>"))
    assert caught.value.code is FormErrorCode.TOO_MANY_ELEMENTS


def test_xml_x06_billion_laughs_costs_less_than_50_milliseconds() -> None:
    octets = _laughs(READERS[0])
    start = time.perf_counter()
    with pytest.raises(FormError) as caught:
        parse_slip(octets)
    assert time.perf_counter() - start < 0.05
    assert caught.value.code is FormErrorCode.DOCTYPE


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"<!DOCTYPE slip>" + SLIP, FormErrorCode.DOCTYPE),
        (b"<!-- x -->" + SLIP, FormErrorCode.COMMENT),
        (SLIP.replace(b">KE<", b"><![CDATA[KE]]><"), FormErrorCode.CDATA),
        (b"<?pi x?>" + SLIP, FormErrorCode.PROCESSING_INSTRUCTION),
        (b"\xef\xbb\xbf" + SLIP, FormErrorCode.BYTE_ORDER_MARK),
        (SLIP + b"\x00", FormErrorCode.NUL),
        (SLIP.replace(b">KE<", b">\xff<"), FormErrorCode.NOT_UTF8),
        (b'<?xml version="1.0" encoding="UTF-16"?>' + SLIP, FormErrorCode.BAD_DECLARATION),
        (SLIP[:-1], FormErrorCode.NOT_WELL_FORMED),
        (SLIP.replace(b"slip:1", b"slip:2"), FormErrorCode.UNKNOWN_VERSION),
        (SLIP.replace(b"urn:gsp:slip:1", b"urn:other"), FormErrorCode.WRONG_NAMESPACE),
        (SLIP.replace(b"<slip ", b'<slip version="1" '), FormErrorCode.BAD_VALUE),
    ],
    ids=lambda value: value.value if isinstance(value, FormErrorCode) else "",
)
def test_each_refusal_of_a_slip_has_its_own_code(octets: bytes, code: FormErrorCode) -> None:
    with pytest.raises(FormError) as caught:
        parse_slip(octets)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("octets", "code", "path"),
    [
        (FORM.replace(b"uid-query:1", b"uid-query:99"), FormErrorCode.UNKNOWN_VERSION, ""),
        (FORM.replace(b"uid-query:1", b"no-such-pack:1"), FormErrorCode.UNKNOWN_PACK, ""),
        (SLIP, FormErrorCode.NOT_A_FORM, ""),
        (FORM.replace(b"investigation<", b"curiosity<"), FormErrorCode.BAD_VALUE, "purpose"),
        (FORM.replace(b"<purpose>investigation</purpose>", b""), FormErrorCode.MISSING_FIELD, "purpose"),
        (re.sub(rb"<justification>.*?</justification>", b"", FORM), FormErrorCode.MISSING_FIELD, "justification"),
        (re.sub(rb"<marking>.*</marking>", b"", FORM), FormErrorCode.MISSING_FIELD, "marking"),
        (re.sub(rb"<uid .*</uid>", b"", FORM), FormErrorCode.MISSING_FIELD, "marking[1]/uid"),
        (FORM.replace(b"<items>", b"<items><item>k</item>"), FormErrorCode.BAD_VALUE, "items/item[1]"),
        (FORM.replace(b"<items>", b"<items><item>e</item>"), FormErrorCode.RULE, "items/item"),
        (FORM.replace(b"<purpose>", b"<seizure/><purpose>"), FormErrorCode.UNEXPECTED_FIELD, ""),
        (FORM.replace(b' language="en"', b""), FormErrorCode.BAD_ATTRIBUTE, ""),
    ],
)
def test_a_refused_form_names_the_field(octets: bytes, code: FormErrorCode, path: str) -> None:
    with pytest.raises(FormError) as caught:
        validate(octets)
    assert (caught.value.code, caught.value.path) == (code, path)
