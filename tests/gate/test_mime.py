"""MIME structure, section 3.2 of the catalogue: what may stand around the one encrypted part."""

import base64

import pytest

from gateway.gate import Accepted, Refused, Shape
from gateway.replies import BAD_LINE_ENDING, LINE_TOO_LONG, MALFORMED, NOT_ENCRYPTED, POLICY, Reply

from .mail_builder import (
    CANARY,
    CONTROL,
    ENCRYPTED_TYPE,
    HEAD,
    OCTETS,
    attachment,
    direct,
    inline,
    mixed,
    multipart,
    run,
)
from .packet_builder import armor, message

pytestmark = pytest.mark.timeout(10)

ARMOR = armor(message())
SECOND = OCTETS + ARMOR
TYPE = b"Content-Type: multipart/encrypted"
PROTOCOL = b'; protocol="application/pgp-encrypted"'


def typed(parameters: bytes) -> bytes:
    return direct(content_type=TYPE + parameters + b"\r\n")


def whole(head: bytes, body: bytes) -> bytes:
    return HEAD + head + b"\r\n" + body


def soft_breaks(text: bytes) -> bytes:
    return b"=43LEAR text=\r\n\r\n" + text.replace(b"=", b"=3D")


GOOD = [
    ("MIME-m01-ok", direct()),
    ("MIME-m07-readable-subject-is-dropped", direct(head=HEAD.replace(b"...", CANARY))),
    ("MIME-m08-x-headers-are-dropped",
        direct(head=HEAD + b"X-Secret: " + CANARY + b"\r\nKeywords: " + CANARY + b"\r\n")),
    ("MIME-m20-case-ct", direct(content_type=ENCRYPTED_TYPE.replace(b"multipart/encrypted", b"MULTIPART/Encrypted"))),
    ("MIME-m33-autocrypt-header",
        direct(head=HEAD + b"Autocrypt: addr=a@ke.example; keydata=\r\n " + b"Q" * 70 + b"\r\n")),
    ("MIME-m34-inline-armor-alone", inline()),
    ("MIME-m34-inline-claws-binary",
        inline(fields=b"Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n")),
    ("MIME-m34-inline-mutt", inline(fields=b"Content-Type: text/plain; charset=us-ascii; x-action=pgp-encrypted\r\n")),
    ("MIME-m34-inline-flowed", inline(fields=b"Content-Type: text/plain; charset=UTF-8; format=flowed; delsp=yes\r\n")),
    ("MIME-m34-inline-no-content-type", inline(fields=b"")),
    ("MIME-m38-no-mime-version", direct(head=HEAD.replace(b"MIME-Version: 1.0\r\n", b""))),
    ("MIME-m38-mime-version-apple", direct(head=HEAD.replace(b"1.0", b"1.0 (Mac OS X Mail 16.0 (3696.80))"))),
    ("MIME-m40-display-name-is-dropped", direct(head=HEAD.replace(b"Alice", b'"bob@ug.example"'))),
    ("MIME-m41-received-and-user-agent", direct(head=b"Received: from [192.0.2.1] by x\r\nUser-Agent: x\r\n" + HEAD)),
    ("MIME-b25-autocrypt-gossip", direct(head=HEAD + b"Autocrypt-Gossip: addr=b@ug.example; keydata=AAAA\r\n")),
    ("MIME-b26-disposition-notification", direct(head=HEAD + b"Disposition-Notification-To: <a@b.example>\r\n")),
    ("MIME-b27-resent-and-bcc", direct(head=HEAD + b"Resent-From: x@y.example\r\nBcc: z@y.example\r\n")),
    ("preamble-thunderbird", direct(preamble=b"This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)")),
    ("preamble-empty-line-mutt", direct(preamble=b"\r\n")),
    ("alot-no-line-end-after-version", direct(control=CONTROL.rstrip(b"\r\n"))),
    ("alot-charset-on-control-part", direct(control=CONTROL.replace(b"encrypted", b'encrypted; charset="us-ascii"'))),
    ("gpgmail-part-headers", direct(
        control=b"Content-Transfer-Encoding: 7bit\r\nContent-Type: application/pgp-encrypted\r\n"
        b"Content-Description: PGP/MIME Versions Identification\r\n\r\nVersion: 1\r\n",
        second=b"Content-Transfer-Encoding: 7bit\r\nContent-Disposition: inline;\r\n\tfilename=encrypted.asc\r\n"
        b"Content-Type: application/octet-stream;\r\n\tname=encrypted.asc\r\n"
        b"Content-Description: OpenPGP encrypted message\r\n\r\n" + ARMOR)),
    ("kmail-part-headers", direct(
        control=b"Content-Disposition: attachment\r\nContent-Type: application/pgp-encrypted\r\n"
        b"Content-Description: version code\r\n\r\nVersion: 1\r\n",
        second=b'Content-Disposition: inline; filename="msg.asc"\r\nContent-Type: application/octet-stream\r\n'
        b"Content-Description: encrypted data\r\n\r\n" + ARMOR)),
    ("deltachat-trailing-semicolon",
        direct(second=b"Content-Type: application/octet-stream; name=\"encrypted.asc\";\r\n"
        b"Content-Disposition: inline; filename=\"encrypted.asc\";\r\n\r\n" + ARMOR)),
    ("python-mime-version-in-parts", direct(second=b"MIME-Version: 1.0\r\n" + SECOND)),
    ("unquoted-protocol", typed(b"; protocol=application/pgp-encrypted; boundary=B")),
    ("folded-content-type", typed(b';\r\n\tprotocol="application/pgp-encrypted";\r\n boundary="B"')),
    ("claws-boundary", whole(TYPE + PROTOCOL + b'; boundary="Encrypt_/p7Eaafqp=Y"\r\n',
        multipart(CONTROL, SECOND, boundary=b"Encrypt_/p7Eaafqp=Y"))),
    ("boundary-of-70", whole(TYPE + PROTOCOL + b"; boundary=" + b"b" * 70 + b"\r\n",
        multipart(CONTROL, SECOND, boundary=b"b" * 70))),
    ("no-line-end-after-the-last-boundary", direct().removesuffix(b"\r\n")),
]  # fmt: skip

BAD: list[tuple[str, bytes, Reply]] = [
    ("MIME-m02-preamble-plaintext", direct(preamble=CANARY), POLICY),
    ("MIME-m02-preamble-known-and-more",
        direct(preamble=b"This is a multi-part message in MIME format.\r\n" + CANARY), POLICY),
    ("MIME-m02-preamble-many-lines", direct(preamble=b"\r\n" * 40), POLICY),
    ("MIME-m03-epilogue-plaintext", direct(epilogue=CANARY + b"\r\n"), POLICY),
    ("MIME-m03-epilogue-many-lines", direct(epilogue=b"\r\n" * 40), POLICY),
    ("MIME-m04-only-version-part", whole(ENCRYPTED_TYPE, multipart(CONTROL, epilogue=CANARY)), NOT_ENCRYPTED),
    ("MIME-m05-zero-parts", whole(ENCRYPTED_TYPE, CANARY + b"\r\n"), NOT_ENCRYPTED),
    ("MIME-m05-close-only", whole(ENCRYPTED_TYPE, b"--B--\r\n"), NOT_ENCRYPTED),
    ("MIME-m06-content-description", direct(second=b"Content-Description: " + CANARY + b"\r\n" + SECOND), MALFORMED),
    ("MIME-m06-name", direct(second=SECOND.replace(b"stream", b'stream; name="' + CANARY + b'"')), MALFORMED),
    ("MIME-m06-filename", direct(
        second=b'Content-Disposition: inline; filename="' + CANARY + b'"\r\n' + SECOND), MALFORMED),
    ("MIME-m06-disposition", direct(second=b"Content-Disposition: " + CANARY.split()[0] + b"\r\n" + SECOND), MALFORMED),
    ("MIME-m06-x-header-in-part", direct(second=b"X-Note: " + CANARY + b"\r\n" + SECOND), MALFORMED),
    ("MIME-m06-header-in-control-part", direct(control=b"Subject: " + CANARY + b"\r\n" + CONTROL), MALFORMED),
    ("MIME-m09-three-parts", direct(extra=(b"Content-Type: text/plain\r\n\r\n" + CANARY,)), MALFORMED),
    ("MIME-m09-third-part-empty", direct(extra=(b"\r\n",)), MALFORMED),
    ("MIME-m10-mixed-wrapper", HEAD + mixed(CONTROL, SECOND), MALFORMED),
    ("MIME-m10-exchange-mangled", HEAD + mixed(b"Content-Type: text/plain\r\n\r\n", CONTROL, SECOND), MALFORMED),
    ("MIME-m11-nested-encrypted-in-mixed", HEAD + mixed(
        b"Content-Type: text/plain\r\n\r\n" + CANARY, ENCRYPTED_TYPE + b"\r\n" + multipart(CONTROL, SECOND)),
        MALFORMED),
    ("MIME-m12-protocol-missing", typed(b"; boundary=B"), MALFORMED),
    ("MIME-m13-protocol-mismatch", typed(b'; protocol="application/pkcs7-mime"; boundary=B'), MALFORMED),
    ("MIME-m14-cte-base64", direct(second=b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64"
        b"\r\n\r\n" + base64.encodebytes(ARMOR).replace(b"\n", b"\r\n")), MALFORMED),
    ("MIME-m15-cte-qp-softbreak", direct(second=b"Content-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + soft_breaks(ARMOR)), MALFORMED),
    ("MIME-m14-cte-on-the-multipart", direct(head=HEAD + b"Content-Transfer-Encoding: base64\r\n"), MALFORMED),
    ("MIME-m14-cte-unknown", direct(second=b"Content-Transfer-Encoding: x-uuencode\r\n" + SECOND), MALFORMED),
    ("MIME-m16-boundary-prefix", direct(second=SECOND + b"--Bx\r\n"), MALFORMED),
    ("MIME-m16-boundary-trailing-blank", direct().replace(b"--B\r\n", b"--B \r\n", 1), MALFORMED),
    ("MIME-m16-close-with-text", direct().replace(b"--B--", b"--B--x"), MALFORMED),
    ("MIME-m17-two-boundary-params", typed(PROTOCOL + b'; boundary="B"; boundary="C"'), MALFORMED),
    ("MIME-m17-two-boundary-params-case", typed(PROTOCOL + b'; boundary="B"; Boundary="B"'), MALFORMED),
    ("MIME-m18-dup-content-type", direct(head=HEAD + b"Content-Type: text/plain\r\n"), MALFORMED),
    ("MIME-m19-dup-content-type-rev", direct(content_type=ENCRYPTED_TYPE + b"Content-Type: text/plain\r\n"), MALFORMED),
    ("MIME-m21-version-extra", direct(control=CONTROL + CANARY + b"\r\n"), MALFORMED),
    ("MIME-m22-version-2", direct(control=CONTROL.replace(b"1", b"2")), MALFORMED),
    ("MIME-m22-version-missing", direct(control=CONTROL.replace(b"Version: 1", b"")), MALFORMED),
    ("MIME-m23-swapped-parts", direct(control=SECOND, second=CONTROL), MALFORMED),
    ("MIME-m24-missing-close", direct().replace(b"--B--\r\n", b""), MALFORMED),
    ("MIME-m24-closed-twice", direct(epilogue=b"\r\n--B--\r\n"), POLICY),
    ("MIME-m25-boundary-comment", typed(PROTOCOL + b"; boundary=B(" + CANARY + b")"), MALFORMED),
    ("MIME-m25-comment-before-parameter", typed(b" (x)" + PROTOCOL + b"; boundary=B"), MALFORMED),
    ("MIME-m26-rfc2231-boundary", typed(PROTOCOL + b"; boundary*0=B; boundary=C"), MALFORMED),
    ("MIME-m26-rfc2231-extended", typed(PROTOCOL + b"; boundary*=us-ascii''B"), MALFORMED),
    ("MIME-m26-unknown-parameter", typed(PROTOCOL + b"; boundary=B; note=" + CANARY.split()[0]), MALFORMED),
    ("MIME-m26-quoted-pair", typed(PROTOCOL + b'; boundary="\\B"'), MALFORMED),
    ("MIME-m26-blank-around-equals", typed(PROTOCOL + b"; boundary = B"), MALFORMED),
    ("MIME-m26-unclosed-quote", typed(PROTOCOL + b'; boundary="B'), MALFORMED),
    ("MIME-m26-boundary-missing", typed(PROTOCOL), MALFORMED),
    ("MIME-m27-multiple-from", direct(head=HEAD + b"From: bob@ug.example\r\n"), MALFORMED),
    ("MIME-m27-no-from", direct(head=HEAD.split(b"\r\n", 1)[1]), MALFORMED),
    ("MIME-m27-two-subjects", direct(head=HEAD + b"subject: x\r\n"), MALFORMED),
    ("MIME-m28-bare-cr-header", direct(head=HEAD.replace(b"...", b"x\rSubject: " + CANARY)), MALFORMED),
    ("MIME-m28-bare-cr-body", direct(preamble=b"x\ry"), BAD_LINE_ENDING),
    ("MIME-m29-lf-only", direct().replace(b"\r\n", b"\n"), BAD_LINE_ENDING),
    ("MIME-m29-one-bare-lf", direct(preamble=b"x\ny"), BAD_LINE_ENDING),
    ("MIME-m29-bare-lf-in-header", direct(head=HEAD.replace(b"...", b"x\nX: y")), BAD_LINE_ENDING),
    ("MIME-m30-8bit", direct(head=HEAD.replace(b"...", "für".encode())), MALFORMED),
    ("MIME-m30-8bit-in-part-header", direct(second=b"Content-Description: \xfc\r\n" + SECOND), MALFORMED),
    ("MIME-m30-control-character", direct(head=HEAD.replace(b"...", b"\x1b[2J")), MALFORMED),
    ("MIME-m31-nul", direct(head=HEAD.replace(b"...", b"\0")), MALFORMED),
    ("MIME-m31-nul-body", direct(preamble=b"\0"), BAD_LINE_ENDING),
    ("MIME-m32-ct-encoded-word", direct(content_type=b"Content-Type: =?utf-8?q?multipart/encrypted?=" + PROTOCOL
        + b"; boundary=B\r\n"), MALFORMED),
    ("MIME-m34-inline-text-before", inline(CANARY + b"\r\n" + ARMOR), MALFORMED),
    ("MIME-m34-inline-text-after", inline(ARMOR + CANARY + b"\r\n"), MALFORMED),
    ("MIME-m34-inline-quoted-printable", inline(soft_breaks(ARMOR), fields=b"Content-Type: text/plain\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n"), MALFORMED),
    ("MIME-m34-inline-html", inline(fields=b"Content-Type: text/html\r\n"), NOT_ENCRYPTED),
    ("MIME-m35-smime", inline(b"MIIB\r\n",
        fields=b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n"),
        NOT_ENCRYPTED),
    ("MIME-b23-smime-around-pgp", inline(fields=b"Content-Type: application/pkcs7-mime\r\n"), NOT_ENCRYPTED),
    ("MIME-m36-second-part-wrong-type", direct(second=SECOND.replace(b"application/octet-stream", b"text/html")),
        MALFORMED),
    ("MIME-m36-second-part-no-type", direct(second=b"\r\n" + ARMOR), MALFORMED),
    ("MIME-m37-message-rfc822-wrapper", inline(direct(), fields=b"Content-Type: message/rfc822\r\n"), MALFORMED),
    ("MIME-m38-mime-version-2", direct(head=HEAD.replace(b"1.0", b"2.0")), MALFORMED),
    ("MIME-m39-content-type-folded-blank", typed(b";\r\n \r\n boundary=B" + PROTOCOL), MALFORMED),
    ("MIME-b15-boundary-of-71", typed(PROTOCOL + b"; boundary=" + b"b" * 71), MALFORMED),
    ("MIME-b15-boundary-ends-in-space", typed(PROTOCOL + b'; boundary="B "'), MALFORMED),
    ("MIME-b15-boundary-dashes", whole(TYPE + PROTOCOL + b'; boundary="--"\r\n',
        multipart(CONTROL, SECOND, boundary=b"--")), MALFORMED),
    ("MIME-b15-boundary-empty", typed(PROTOCOL + b'; boundary=""'), MALFORMED),
    ("MIME-b16-boundary-is-an-armor-line", whole(TYPE + PROTOCOL + b'; boundary="---BEGIN PGP MESSAGE-----"\r\n',
        multipart(CONTROL, SECOND, boundary=b"---BEGIN PGP MESSAGE-----")), MALFORMED),
    ("MIME-b17-charset-utf7", inline(fields=b"Content-Type: text/plain; charset=utf-7\r\n"), MALFORMED),
    ("MIME-b17-charset-iso-2022", inline(fields=b"Content-Type: text/plain; charset=iso-2022-jp\r\n"), MALFORMED),
    ("MIME-b17-name-utf7", direct(second=SECOND.replace(b"stream", b"stream; name*=utf-7''x")), MALFORMED),
    ("MIME-b18-uuencode-in-preamble", direct(preamble=b"begin 644 x\r\n#0V%T\r\n`\r\nend"), POLICY),
    ("header-line-without-colon", direct(head=HEAD + b"no colon\r\n"), MALFORMED),
    ("header-blank-before-colon", direct(head=HEAD + b"X : y\r\n"), MALFORMED),
    ("header-starts-with-fold", b" x\r\n" + direct(), MALFORMED),
    ("mbox-from-line", b"From alice@ke.example Sat Nov 21\r\n" + direct(), MALFORMED),
    ("line-of-999-in-header", direct(head=HEAD + b"X: " + b"x" * 996 + b"\r\n"), LINE_TOO_LONG),
    ("line-of-999-in-body", direct(preamble=b"x" * 999), LINE_TOO_LONG),
    ("plain-text", inline(CANARY + b"\r\n"), NOT_ENCRYPTED),
    ("header-only", HEAD.removesuffix(b"\r\n"), NOT_ENCRYPTED),
    ("empty-mail", b"", MALFORMED),
    ("empty-line-only", b"\r\n", MALFORMED),
    ("substring-in-subject", inline(CANARY, fields=b"X-T: application/pgp-encrypted -----BEGIN PGP MESSAGE-----\r\n"),
        NOT_ENCRYPTED),
    ("multipart-report", HEAD + mixed(b"\r\n" + CANARY, subtype=b"report"), NOT_ENCRYPTED),
    ("reply-shape-armor-in-html", HEAD + mixed(b"Content-Type: text/html\r\n\r\n<p>" + CANARY, attachment(message())),
        NOT_ENCRYPTED),
]  # fmt: skip


@pytest.mark.parametrize("mail", [case[1] for case in GOOD], ids=[case[0] for case in GOOD])
def test_what_known_clients_write_is_accepted(mail: bytes) -> None:
    verdict = run(mail)
    assert isinstance(verdict, Accepted)
    assert verdict.shape in {Shape.DIRECT, Shape.INLINE}
    assert [found.octets for found in verdict.messages] == [message()]


@pytest.mark.parametrize(("mail", "reply"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_any_other_structure_is_refused(mail: bytes, reply: Reply) -> None:
    verdict = run(mail)
    assert isinstance(verdict, Refused)
    assert verdict.reply is reply


@pytest.mark.parametrize("cut", range(0, len(direct()), 7))
def test_a_mail_cut_short_is_refused(cut: int) -> None:
    if cut < len(direct()) - 2:
        assert isinstance(run(direct()[:cut]), Refused)


def test_lines_of_998_octets_are_accepted() -> None:
    assert isinstance(run(direct(head=HEAD + b"X: " + b"x" * 995 + b"\r\n")), Accepted)


def test_packets_without_armor_in_the_encrypted_part_are_refused() -> None:
    """PGP-p86-binary: RFC 3156 §3 wants ASCII."""
    octets = message()
    # As a client on an 8BITMIME link would have to send them: no CR, LF or NUL.
    masked = octets.translate(bytes(0xFF if octet in b"\r\n\0" else octet for octet in range(256)))
    lines = b"\r\n".join(masked[start : start + 200] for start in range(0, len(masked), 200))
    for binary in (octets, masked, lines):
        assert isinstance(run(direct(second=OCTETS + binary)), Refused)


@pytest.mark.parametrize("line", [b"--Bx", b"--B ", b"--B--x", b"--B-", b"--B\t"])
def test_a_line_that_only_begins_like_a_delimiter_is_refused_as_ambiguous(line: bytes) -> None:
    """MIME-m16: where one parser sees a boundary and another does not."""
    assert run(direct(second=SECOND + line)) == Refused(MALFORMED, "boundary-ambiguous")
