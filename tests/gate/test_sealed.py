"""Two OpenPGP messages as attachments: as ordinary clients attach files, beside a text that must be empty."""

import base64

import pytest

from gateway.gate import Accepted, Refused, Shape
from gateway.replies import MALFORMED, NOT_ENCRYPTED, POLICY, Reply

from .mail_builder import CANARY, HEAD, attachment, mixed, run, sealed, slip, text
from .packet_builder import armor, data, literal, message, packet, session_key

pytestmark = pytest.mark.timeout(10)

SLIP, BODY = attachment(slip()), attachment(message(), name=b"body.asc")
HTML = b"Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: 7bit\r\n"
THUNDERBIRD_HTML = text(
    b"<!DOCTYPE html>\r\n<html>\r\n  <head>\r\n\r\n"
    b'    <meta http-equiv="content-type" content="text/html; charset=UTF-8">\r\n  </head>\r\n  <body>\r\n'
    b"    <p><br>\r\n    </p>\r\n  </body>\r\n</html>\r\n",
    fields=HTML,
)
OUTLOOK_HTML = text(
    b'<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><META HTTP-EQUIV="Content-Type" '
    b'CONTENT="text/html; charset=us-ascii">\r\n<meta name=3DGenerator content=3D"Microsoft Word 15">'
    b"<style><!--\r\n/* Font Definitions */\r\n@font-face\r\n\t{font-family:Calibri;}\r\n--></style>"
    b"<!--[if gte mso 9]><xml>\r\n<o:shapedefaults/></xml><![endif]--></head>"
    b"<body lang=3DEN-US link=3Dblue>\r\n<div class=3DWordSection1><p class=3DMsoNormal><o:p>&nbsp;</o:p></p></div>"
    b"</body></html>",
    fields=b"Content-Type: text/html; charset=us-ascii\r\nContent-Transfer-Encoding: quoted-printable\r\n",
)


def quoted(fields: bytes) -> bytes:
    return b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " + fields + b"\r\n"


def attached(media: bytes, disposition: bytes = b"attachment") -> bytes:
    return attachment(slip(), media=media).replace(b"Disposition: attachment", b"Disposition: " + disposition)


GOOD = [
    ("7bit-armor", sealed()),
    ("base64-of-armor", sealed(attachment(slip(), encoding=b"base64"), BODY)),
    ("base64-of-unix-armor", sealed(attachment(slip(), encoding=b"base64", line_end=b"\n"), BODY)),
    ("base64-of-packets", sealed(attachment(slip(), encoding=b"base64", armored=False, name=b"slip.gpg"), BODY)),
    ("no-text-part", HEAD + mixed(SLIP, BODY)),
    ("text-between", HEAD + mixed(SLIP, text(), BODY)),
    ("preamble-outlook", HEAD + mixed(text(), SLIP, BODY).replace(
        b"\r\n\r\n--M", b"\r\n\r\nThis is a multi-part message in MIME format.\r\n\r\n--M", 1)),
    ("text-without-octets", sealed(SLIP, BODY, first=text(b""))),
    ("text-of-blanks", sealed(SLIP, BODY, first=text(b" \t\r\n\r\n"))),
    ("text-of-no-break-spaces", sealed(SLIP, BODY, first=text(b"=C2=A0\r\n", fields=quoted(b"quoted-printable")))),
    ("text-base64", sealed(SLIP, BODY, first=text(b"DQo=\r\n", fields=quoted(b"base64")))),
    ("text-base64-of-nothing", sealed(SLIP, BODY, first=text(b"\r\n", fields=quoted(b"base64")))),
    ("text-8bit-no-break-space", sealed(SLIP, BODY, first=text(b"\xa0\r\n",
        fields=b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n"))),
    ("html-thunderbird", sealed(SLIP, BODY, first=THUNDERBIRD_HTML)),
    ("html-outlook", sealed(SLIP, BODY, first=OUTLOOK_HTML)),
    ("alternative", sealed(SLIP, BODY, first=mixed(text(), THUNDERBIRD_HTML, subtype=b"alternative", boundary=b"A"))),
    ("alternative-in-related", sealed(SLIP, BODY, first=mixed(
        mixed(text(), OUTLOOK_HTML, subtype=b"alternative", boundary=b"A"), subtype=b"related", boundary=b"R"))),
    ("mixed-in-mixed", HEAD + mixed(mixed(text(), SLIP, BODY, boundary=b"N"))),
    ("type-pgp-encrypted", sealed(attached(b"application/pgp-encrypted"), BODY)),
    ("type-pgp-signature-windows", sealed(attached(b"application/pgp-signature"), BODY)),
    ("type-text-plain", sealed(attached(b"text/plain; charset=us-ascii"), BODY)),
    ("disposition-inline-with-a-name", sealed(attached(b"text/plain", b"inline"), BODY)),
    ("name-rfc2231", sealed(SLIP.replace(b'filename="slip.asc"', b"filename*=UTF-8''Anfrage%20f%C3%BCr.asc"), BODY)),
    ("name-rfc2231-continued", sealed(SLIP.replace(b'filename="slip.asc"',
        b"filename*0*=UTF-8''An;\r\n filename*1=x"), BODY)),
    ("name-rfc2047", sealed(SLIP.replace(b'name="slip.asc"', b'name="=?UTF-8?Q?f=C3=BCr?="', 1), BODY)),
    ("gmail-fields", sealed(b"X-Attachment-Id: f_1\r\nContent-ID: <f_1>\r\n" + SLIP, BODY)),
]  # fmt: skip

CLEAR_XML = attachment(b"<query/>\r\n", armored=False, name=b"query.xml", media=b"application/xml")
BAD: list[tuple[str, bytes, Reply]] = [
    ("text", sealed(SLIP, BODY, first=text(CANARY)), NOT_ENCRYPTED),
    ("text-signature-delimiter", sealed(SLIP, BODY, first=text(b"\r\n-- \r\nAlice\r\n")), NOT_ENCRYPTED),
    ("text-base64", sealed(SLIP, BODY, first=text(base64.b64encode(CANARY), fields=quoted(b"base64"))), NOT_ENCRYPTED),
    ("text-quoted-printable", sealed(SLIP, BODY, first=text(b"=41", fields=quoted(b"quoted-printable"))),
        NOT_ENCRYPTED),
    ("text-as-attachment", sealed(SLIP, BODY,
        text(fields=b"Content-Type: text/plain\r\nContent-Disposition: attachment\r\n")),
        NOT_ENCRYPTED),
    ("html-text", sealed(SLIP, BODY, first=text(b"<p>" + CANARY + b"</p>", fields=HTML)), NOT_ENCRYPTED),
    ("html-image", sealed(SLIP, BODY, first=text(b'<p><img src="data:x"></p>', fields=HTML)), NOT_ENCRYPTED),
    ("html-title", sealed(SLIP, BODY, first=text(b"<title>" + CANARY + b"</title><p>", fields=HTML)), NOT_ENCRYPTED),
    ("html-text-after-comment", sealed(SLIP, BODY, first=text(b"<p><!-- -->" + CANARY, fields=HTML)), NOT_ENCRYPTED),
    ("html-text-after-the-end", sealed(SLIP, BODY, first=text(b"<p></p></html>" + CANARY, fields=HTML)), NOT_ENCRYPTED),
    ("html-text-in-the-deep", sealed(SLIP, BODY, first=text(b"<div>\r\n" * 300 + CANARY, fields=HTML)), NOT_ENCRYPTED),
    ("html-text-after-body", sealed(SLIP, BODY, first=text(b"<body></body><p>" + CANARY, fields=HTML)), NOT_ENCRYPTED),
    ("html-comment-closed-at-once", sealed(SLIP, BODY, first=text(b"<!-->" + CANARY + b"-->", fields=HTML)),
        NOT_ENCRYPTED),
    ("html-comment-closed-oddly", sealed(SLIP, BODY, first=text(b"<!--x--!>" + CANARY + b"-->", fields=HTML)),
        NOT_ENCRYPTED),
    ("html-comment-unclosed", sealed(SLIP, BODY, first=text(b"<p><!-- " + CANARY, fields=HTML)), NOT_ENCRYPTED),
    ("html-style-closed-oddly", sealed(SLIP, BODY, first=text(b"<style>x</style/>" + CANARY, fields=HTML)),
        NOT_ENCRYPTED),
    ("html-style-unclosed", sealed(SLIP, BODY, first=text(b"<style>" + CANARY, fields=HTML)), NOT_ENCRYPTED),
    ("html-entity", sealed(SLIP, BODY, first=text(b"<p>&#67;ANARY", fields=HTML)), NOT_ENCRYPTED),
    ("html-tag-in-quotes", sealed(SLIP, BODY, first=text(b"<p title='>" + CANARY + b"'>", fields=HTML)), NOT_ENCRYPTED),
    ("html-nul", sealed(SLIP, BODY, first=text(b"<p>=00</p>",
        fields=HTML.replace(b"7bit", b"quoted-printable"))), NOT_ENCRYPTED),
    ("text-not-in-its-charset", sealed(SLIP, BODY, first=text(b"\xff\r\n")), MALFORMED),
    ("third-clear-attachment", sealed(SLIP, BODY, CLEAR_XML), NOT_ENCRYPTED),
    ("clear-instead-of-body", sealed(SLIP, CLEAR_XML), NOT_ENCRYPTED),
    ("picture-as-octet-stream", sealed(SLIP, BODY, attachment(b"\x89PNG", armored=False, encoding=b"base64")),
        NOT_ENCRYPTED),
    ("one-message", sealed(SLIP), MALFORMED),
    ("three-messages", sealed(SLIP, BODY, BODY), MALFORMED),
    ("no-message", sealed(first=text()).split(b"--M\r\nContent-Type: app")[0] + b"--M--\r\n", NOT_ENCRYPTED),
    ("no-part", HEAD + b"Content-Type: multipart/mixed; boundary=M\r\n\r\n--M--\r\n", NOT_ENCRYPTED),
    ("messages-in-alternative", HEAD + mixed(SLIP, BODY, subtype=b"alternative"), MALFORMED),
    ("armor-as-text-and-one-attachment", sealed(BODY, first=text(armor(slip()))), MALFORMED),
    ("armor-with-text-around", sealed(SLIP.replace(b"\r\n\r\n", b"\r\n\r\n" + CANARY + b"\r\n", 1), BODY), MALFORMED),
    ("armor-quoted-printable", sealed(attachment(slip(), encoding=b"quoted-printable"), BODY), MALFORMED),
    ("base64-with-a-stray-character", sealed(attachment(slip(), encoding=b"base64").replace(b"LS0t", b"LS!t", 1),
        BODY), MALFORMED),
    ("two-messages-in-one-attachment", sealed(attachment(slip() + message()), BODY), MALFORMED),
    ("literal-as-attachment", sealed(attachment(literal()), BODY), NOT_ENCRYPTED),
    ("password-message-binary", sealed(attachment(packet(3, b"\x04\x09\x00\x08") + data(), armored=False,
        encoding=b"base64"), BODY),
        POLICY),
    ("hidden-recipient", sealed(attachment(session_key(bytes(8)) + data()), BODY), POLICY),
    ("signature-armor", sealed(attachment(slip()).replace(b"PGP MESSAGE", b"PGP SIGNATURE"), BODY), NOT_ENCRYPTED),
    ("public-key-attached", sealed(SLIP, BODY, attachment(slip(), media=b"application/pgp-keys").replace(
        b"PGP MESSAGE", b"PGP PUBLIC KEY BLOCK")), NOT_ENCRYPTED),
    ("epilogue", sealed() + CANARY + b"\r\n", POLICY),
    ("preamble", sealed().replace(b"\r\n\r\n--M", b"\r\n\r\n" + CANARY + b"\r\n--M", 1), POLICY),
    ("part-header", sealed(b"X-Note: " + CANARY + b"\r\n" + SLIP, BODY), MALFORMED),
    ("inner-boundary-extends-the-outer", sealed(SLIP, BODY, first=mixed(text(), boundary=b"MM")), MALFORMED),
    ("inner-boundary-equals-the-outer", sealed(SLIP, BODY, first=mixed(text(), boundary=b"M")), POLICY),
    ("multipart-base64", sealed().replace(b"boundary=\"M\"",
        b"boundary=\"M\"\r\nContent-Transfer-Encoding: base64"), MALFORMED),
    ("signed", HEAD + mixed(mixed(text(), SLIP, BODY, boundary=b"N"), SLIP, subtype=b"signed"), NOT_ENCRYPTED),
    ("name-utf7", sealed(SLIP.replace(b'filename="slip.asc"', b"filename*=utf-7''x"), BODY), MALFORMED),
    ("nested-too-deep", HEAD + mixed(mixed(mixed(mixed(mixed(mixed(text(), boundary=b"6"), boundary=b"5"),
        boundary=b"4"),
        boundary=b"3"), boundary=b"2"), SLIP, BODY), MALFORMED),
]  # fmt: skip


@pytest.mark.parametrize("mail", [case[1] for case in GOOD], ids=[case[0] for case in GOOD])
def test_two_attachments_beside_an_empty_text_are_accepted(mail: bytes) -> None:
    verdict = run(mail)
    assert isinstance(verdict, Accepted)
    assert verdict.shape is Shape.SEALED
    assert [found.octets for found in verdict.messages] == [slip(), message()]


@pytest.mark.parametrize(("mail", "reply"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_anything_beside_the_two_attachments_is_refused(mail: bytes, reply: Reply) -> None:
    verdict = run(mail)
    assert isinstance(verdict, Refused)
    assert verdict.reply is reply
