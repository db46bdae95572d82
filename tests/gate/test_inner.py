"""The entity that a client encrypted to the gateway as a whole, after decryption."""

import pytest

from gateway.gate import GateRefusedError, scan_inner
from gateway.replies import BAD_LINE_ENDING, MALFORMED, NOT_ENCRYPTED, POLICY, Reply

from .mail_builder import CANARY, attachment, mixed, slip, text
from .packet_builder import armor, message, noise, packet

pytestmark = pytest.mark.timeout(10)

SLIP, BODY = attachment(slip()), attachment(message(), name=b"body.asc")
PROTECTED = (
    b'Content-Type: multipart/mixed; boundary="M";\r\n protected-headers="v1"; hp="cipher"\r\n'
    b"Message-ID: <1@ke.example>\r\nSubject: " + CANARY + b"\r\nFrom: Alice <alice@ke.example>\r\n\r\n"
)
SIGNATURE = b"Content-Type: application/pgp-signature; name=signature.asc\r\nContent-Description: x\r\n\r\n" + armor(
    packet(2, noise(80)), kind=b"SIGNATURE"
)
KEY = (
    b'Content-Type: application/pgp-keys; name="OpenPGP_0x1.asc"\r\nContent-Description: OpenPGP public key\r\n\r\n'
    + armor(packet(6, noise(300)), kind=b"PUBLIC KEY BLOCK")
)
LEGACY_TEXT = text(
    b"Subject: " + CANARY + b"\r\n folded\r\nKeywords: x\r\n\r\n",
    fields=b'Content-Type: text/plain; charset=UTF-8; hp-legacy-display="1"\r\n',
)
LEGACY_HTML = text(
    b'<html><body><div class="header-protection-legacy-display"><pre>Subject: '
    + CANARY
    + b"</pre></div><p></p></body></html>",
    fields=b'Content-Type: text/html; charset=UTF-8; hp-legacy-display="1"\r\n',
)
PLAIN = mixed(text(), SLIP, BODY)


def thunderbird(*parts: bytes) -> bytes:
    inner = mixed(*parts, boundary=b"N")
    return PROTECTED + b"--M\r\n" + inner + b"\r\n--M--\r\n"


GOOD = [
    ("plain", PLAIN),
    ("lf-line-ends-mutt", PLAIN.replace(b"\r\n", b"\n")),
    ("mixed-line-ends", mixed(text(), SLIP.replace(b"\r\n", b"\n"), BODY)),
    ("thunderbird-two-layers", thunderbird(text(), SLIP, BODY)),
    ("thunderbird-with-public-key", thunderbird(text(), SLIP, BODY, KEY)),
    ("claws-signed-inside", mixed(mixed(text(), SLIP, BODY), SIGNATURE, subtype=b"signed", boundary=b"S")),
    ("mutt-parameters", PLAIN.replace(b"boundary", b"protected-headers=v1; boundary", 1)),
    ("legacy-display-text", thunderbird(LEGACY_TEXT, SLIP, BODY)),
    ("legacy-display-html", thunderbird(LEGACY_HTML, SLIP, BODY)),
    ("enigmail-copy-of-headers", mixed(
        b'Content-Type: text/rfc822-headers; protected-headers="v1"\r\n\r\nSubject: x\r\n', SLIP, BODY)),
]  # fmt: skip

BAD: list[tuple[str, bytes, Reply]] = [
    ("text-and-attachments", thunderbird(text(CANARY), SLIP, BODY), NOT_ENCRYPTED),
    ("text-after-legacy-display", thunderbird(LEGACY_TEXT + CANARY, SLIP, BODY), NOT_ENCRYPTED),
    ("text-after-legacy-html", thunderbird(LEGACY_HTML.replace(b"<p>", CANARY), SLIP, BODY), NOT_ENCRYPTED),
    ("only-text", text(CANARY), NOT_ENCRYPTED),
    ("assisted-form", mixed(text(), attachment(b"<query/>", armored=False, media=b"text/xml")), NOT_ENCRYPTED),
    ("one-message", mixed(text(), SLIP), MALFORMED),
    ("three-messages", mixed(text(), SLIP, BODY, BODY), MALFORMED),
    ("no-header", armor(message()), MALFORMED),
    ("signed-without-signature", mixed(mixed(text(), SLIP, BODY), subtype=b"signed", boundary=b"S"), MALFORMED),
    ("signed-with-something-else", mixed(mixed(text(), SLIP, BODY), SLIP, subtype=b"signed", boundary=b"S"), MALFORMED),
    ("signature-of-another-kind", mixed(mixed(text(), SLIP, BODY), SIGNATURE.replace(b"PGP SIG", b"PGP MSG"),
        subtype=b"signed", boundary=b"S"), MALFORMED),
    ("key-that-is-none", thunderbird(text(), SLIP, BODY, KEY.replace(b"PUBLIC", b"PRIVATE")), NOT_ENCRYPTED),
    ("password-message", mixed(text(), attachment(packet(3, noise(13)) + message()), BODY), POLICY),
    ("bare-cr", PLAIN.replace(b"\r\n", b"\r", 1), BAD_LINE_ENDING),
    ("nul", PLAIN + b"\0", BAD_LINE_ENDING),
    ("empty", b"", NOT_ENCRYPTED),
]  # fmt: skip


@pytest.mark.parametrize("entity", [case[1] for case in GOOD], ids=[case[0] for case in GOOD])
def test_two_attachments_inside_of_an_encrypted_mail_are_found(entity: bytes) -> None:
    assert [found.octets for found in scan_inner(entity)] == [slip(), message()]


@pytest.mark.parametrize(("entity", "reply"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_anything_else_inside_is_refused(entity: bytes, reply: Reply) -> None:
    with pytest.raises(GateRefusedError) as error:
        scan_inner(entity)
    assert error.value.reply is reply
    assert str(error.value) == error.value.rule
