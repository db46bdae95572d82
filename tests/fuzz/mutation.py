"""Mutation of mails: octets, lines, the packets inside an armor, and strings that parsers disagree about."""

import base64
import re
from random import Random

from .seeds_of_mail import MAILS, MESSAGES, armor

_ARMOR = re.compile(rb"-----BEGIN PGP MESSAGE-----\r\n.*?\r\n\r\n(.*?)-----END PGP MESSAGE-----\r\n", re.DOTALL)
_STRUCTURE_OCTETS = 900  # where the fields and the first delimiters stand
CANARY = b"(CANARY)"
TRICKS = (
    *(b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b'"', b"\\", b"(", b")", b";", b":", b"=", b"--", b"*", b",", b"<"),
    *(b"\r\n\r\n", b"\r\n ", b"\r\n\t", b" \r\n", b"\x0b", b"\x0c", b"\x1c", b"\x85", b"\xa0", b"\xc3\xa9", b"%20"),
    *(b"--B", b"--B--", b"\r\n--B\r\n", b"\r\n--B--\r\n", b"\r\n--B \r\n", b"\r\n--B--\t\r\n", b"\r\n--A\r\n"),
    *(b"\r\n--M\r\n", b"\r\n--M--\r\n", b"\r\n--Bx\r\n", b"\r\n--M-\r\n", CANARY, b"\r\n" + CANARY + b"\r\n"),
    *(b"boundary=C", b"; boundary=C", b"boundary*0=C;", b"boundary*=utf-8''C;", b"; charset=utf-7", b'; name="x'),
    *(b"=?utf-8?q?x?=", b"=?utf-8?b?DQo=?=", b"=0D=0A", b"=\r\n", b"&lt;", b"<b>", b"<!--", b"-->", b"<style>"),
    *(b"Content-Type: text/plain\r\n", b"Content-Type: multipart/mixed; boundary=C\r\n", b"content-type:x\r\n"),
    *(b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n"),
    *(b"Content-Disposition: attachment\r\n", b"MIME-Version: 2.0\r\n", b"From: x@y.example\r\n", b"From : x@y\r\n"),
    *(b"multipart/mixed", b"multipart/digest", b"message/rfc822", b"text/html", b"application/pgp-encrypted"),
    *(b"-----BEGIN PGP MESSAGE-----\r\n", b"-----END PGP MESSAGE-----\r\n", b"Comment: x\r\n", b"Version: 1\r\n"),
    *(b"- ", b"====", b"=AAAA\r\n", b"base64", b"QUJD", b"x-uuencode", b"begin 644 x\r\n", b"#A\r\n`\r\nend\r\n"),
)


def mutated_mail(random: Random) -> bytes:
    """A mail with one to four changes, its line ends mostly left whole."""
    mail = random.choice(MAILS)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        mail = random.choice((_trick, _trick, _trick, _line, _line, _octets, _packets, _splice, _case))(random, mail)
    return mail


def mutated_message(random: Random) -> bytes:
    """Packets with one to three changes."""
    octets = random.choice(MESSAGES)
    for _ in range(random.choice((1, 1, 2, 3))):
        octets = _octets(random, octets) if random.random() < 0.8 else _headers(random, octets)
    return octets


def _place(random: Random, octets: bytes) -> int:
    whole = random.random() < 0.3
    return random.randrange(min(len(octets), len(octets) if whole else _STRUCTURE_OCTETS) + 1)


def _trick(random: Random, mail: bytes) -> bytes:
    start = _place(random, mail)
    return mail[:start] + random.choice(TRICKS) + mail[start + random.choice((0, 0, 0, 1, 2, 5)) :]


def _line(random: Random, mail: bytes) -> bytes:
    lines = mail.split(b"\r\n")
    where, other = random.randrange(len(lines)), random.randrange(len(lines))
    change = random.randrange(6)
    if change == 0:
        del lines[where]
    elif change == 1:
        lines.insert(other, lines[where])
    elif change == 2:
        lines[where], lines[other] = lines[other], lines[where]
    elif change == 3:
        cut = random.randrange(len(lines[where]) + 1)
        lines[where] = lines[where][:cut] + b"\r\n " + lines[where][cut:]
    elif change == 4:
        lines[where] += random.choice((b" ", b"\t", b";", b"; x=y", b" (x)", b"=", b"--"))
    else:
        del lines[min(where, other) : max(where, other)]
    return b"\r\n".join(lines)


def _octets(random: Random, octets: bytes) -> bytes:
    start = _place(random, octets)
    some = random.randbytes(random.randrange(1, 5))
    change = random.randrange(4)
    if change == 0:
        return octets[:start] + some + octets[start + len(some) :]
    if change == 1:
        return octets[:start] + octets[start + random.randrange(1, 9) :]
    if change == 2:
        return octets[:start] + some + octets[start:]
    return octets[:start] + octets[start : start + random.randrange(400)] + octets[start:]


def _headers(random: Random, octets: bytes) -> bytes:
    """Another packet, whole, somewhere between packets or in front."""
    packet = random.choice(
        (b"\xca\x03PGP", b"\xd5\x01\0", b"\xc3\x04\x04\x09\0\x08", b"\xcb\x0db\0\0\0\0\0clear", b"\xd2")
    )
    start = random.choice((0, len(octets), octets.find(b"\xd2")))
    return octets[:start] + packet + octets[start:]


def _packets(random: Random, mail: bytes) -> bytes:
    """The packets in an armor changed, and armored again."""
    found = list(_ARMOR.finditer(mail))
    if not found:
        return mail
    match = random.choice(found)
    try:
        octets = base64.b64decode(match.group(1).partition(b"\r\n=")[0])
    except ValueError:
        return mail
    change = random.choice((_octets, _headers))
    return mail[: match.start()] + armor(change(random, octets)) + mail[match.end() :]


def _splice(random: Random, mail: bytes) -> bytes:
    other = random.choice(MAILS)
    start = _place(random, mail)
    where = _place(random, other)
    return mail[:start] + other[where : where + random.randrange(300)] + mail[start:]


def _case(random: Random, mail: bytes) -> bytes:
    """The same field otherwise written."""
    old, new = random.choice(
        (
            (b"boundary=", b"BOUNDARY="),
            (b'"B"', b"B"),
            (b'"M"', b'"M "'),
            (b"; ", b";"),
            (b"; ", b" ;\r\n\t"),
            (b": ", b":"),
            (b"\r\n\r\n", b"\r\n \r\n"),
            (b"Content-", b"X-Content-"),
            (b"7bit", b"8bit"),
            (b"multipart/", b"Multipart/"),
            (b"application/octet-stream", b"text/plain"),
            (b"Alice <alice@ke.example>", b'"Alice, <a@b>" <alice@ke.example>'),
        )
    )
    return mail.replace(old, new, random.choice((1, 1, -1)))
