"""SMTP-S01 to SMTP-S86: what public attacks send, at the stage of the dialogue where it hurts; nothing is accepted.

Each row: case, stage reached before, octets sent, the reply codes allowed as first answer.
"""

import re
from base64 import b64encode
from contextlib import suppress

import pytest

from .edge_world import ALICE, BODY, MAIL, PASSWORD, World, plain

LINE_ENDING = r"500 5\.5\.2"
SMUGGLED = (
    b"MAIL FROM:<alice@user.example>\r\nRCPT TO:<in@gw.example>\r\nDATA\r\n" + MAIL + b".\r\n"
)  # a whole mail that would be accepted

LOOK_ALIKES = [
    ("S01", b"\n.\n", LINE_ENDING),
    ("S02", b"\n.\r", LINE_ENDING),
    ("S03", b"\r.\n", LINE_ENDING),
    ("S04", b"\r.\r", LINE_ENDING),
    ("S05", b"\n.\r\n", LINE_ENDING),
    ("S06", b"\r.\r\n", LINE_ENDING),
    ("S07", b"\r\n.\n", LINE_ENDING),
    ("S08", b"\r\n.\r", LINE_ENDING),
    ("S09", b"\r\n\0.\r\n", LINE_ENDING),
    ("S10", b"\r\n.\r\r\n", LINE_ENDING),
    ("S11", b"\r\r\n.\r\r\n", LINE_ENDING),
    ("S12", b"\r\n. \r\n", "550"),  # a line like any other: the gate refuses what follows
]

ADDRESSES = [
    ("S26", b"=?utf-8?q?a=0d=0aRCPT_TO:x?=@gw.example"),
    ("S27", b"=?utf-8?b?YUBldmlsLmV4YW1wbGU+?=@gw.example"),
    ("S28", b"in@=?utf-8?q?gw.example=3E?="),
    ("S29", b"in@gw.example\0"),
    ("S30", b"i\x7fn@gw.example"),
    ("S31", b'"i\tn"@gw.example'),
    ("S32", b"in(comment)@gw.example"),
    ("S33", b"@r1.example,@r2.example:in@gw.example"),
    ("S34", b"in%evil.example@gw.example"),
    ("S35", b"evil.example!in@gw.example"),
    ("S36", b"in@gw.example@evil.example"),
    ("S37", b'"in@gw.example"@evil.example'),
    ("S41", b""),
    ("S42", b"in"),
    ("S43", b"in@[127.0.0.1]"),
    ("S44", b"in@[IPv6:::1]"),
    ("S45", b"in@gw.example."),
    ("S46", b"in@gw..example"),
    ("S47", b".in@gw.example"),
    ("S48", b"../../../../etc/passwd@gw.example"),
    ("S49", b".@gw.example"),
    ("S50", b"-oQ/tmp@gw.example"),
    ("S50-plain", b"-oq@gw.example"),
    ("S51", b"//bin/sh@gw.example"),
    ("S51-pipe", b"|bin@gw.example"),
    ("S53", b"i\xe2\x80\x8bn@gw.example"),
    ("S54", b"\xd1\x96n@gw.example"),
    ("S55", b"in@gw\xe3\x80\x82example"),
    ("S56", b"in@xn--gw-.example"),
    ("S56-valid", b"in@xn--bcher-kva.example"),
    ("S57", b"in@\xc9\xa1w.example"),
    ("S58", b"\xff\xfe@gw.example"),
    ("S59", b"a" * 65 + b"@gw.example"),
    ("S60", b"a@" + b"b." * 130 + b"example"),
    ("S61", b"(" * 400 + b"in@gw.example"),
    ("S62", b"o'brien@gw.example"),
    ("S63", b"in@gw.example;DROP TABLE users"),
    ("S64", b"in+tag@gw.example"),
]

COMMANDS = [
    ("S13", "connected", b"EHLO a\nMAIL FROM:<a@user.example>\nRCPT TO:<in@gw.example>\n", "5|421"),
    ("S14", "auth", b"MAIL FROM:<alice@user.example>\rRCPT TO:<in@gw.example>\r\n", LINE_ENDING),
    ("S14-unfinished", "auth", b"NOOP\rNOOP", LINE_ENDING),
    ("S15", "connected", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "5|421"),
    ("S15-bytes", "connected", b"GET /\xff HTTP/1.1\r\nEHLO a\r\n", "500"),
    ("d16", "data", MAIL.replace(b"\r\n\r\nhF4D", b"\r\n\r\nhF4\xe9") + b".\r\n", "5"),
    ("S16", "connected", b"MAIL FROM:<alice@user.example>\r\n", "503|530"),
    ("S16-hello", "hello", b"MAIL FROM:<alice@user.example>\r\n", "530"),
    ("S17", "hello", b"AUTH PLAIN AGFsaWNlAHB3\r\n", "538"),
    ("S18", "tls", b"MAIL FROM:<alice@user.example>\r\n", "530"),
    ("S19", "auth", b"MAIL FROM:<bob@user.example>\r\n", "550"),
    ("S20", "auth", b"MAIL FROM:<>\r\n", "550"),
    ("S21", "auth", plain() + b"\r\n", "503"),
    ("S23", "tls", b"AUTH PLAIN " + b"A" * 12288 + b"\r\n", "5"),
    ("S23-in-size", "tls", b"AUTH PLAIN " + b"A" * 12260 + b"\r\n", "5"),
    ("S24", "tls", b"AUTH PLAIN not*base64\r\n", "501"),
    ("S25", "tls", b"AUTH PLAIN AGFsaWNlAHB3AHgAeQ==\r\n", "501|535"),
    ("S38", "mail", b"RCPT TO:<in@gw.example\r\n", "5"),
    ("S39", "mail", b"RCPT TO:<in@gw.example>x@evil.example\r\n", "5"),
    ("S40", "mail", b"RCPT TO:<in@gw.example> <x@evil.example>\r\n", "5"),
    ("S65", "auth", b"MAIL FROM:<alice@user.example> SIZE=99999999999\r\n", "552"),
    ("S66", "auth", b"MAIL FROM:<alice@user.example> SIZE=-1\r\n", "501"),
    ("S67", "auth", b"MAIL FROM:<alice@user.example> BODY=BINARYMIME\r\n", "555"),
    ("S68", "rcpt", b"BDAT 10 LAST\r\nNOOP\r\nNOOP\r\n", "502"),
    ("S70", "auth", b"MAIL FROM:<alice@user.example> FOO=BAR\r\n", "555"),
    ("S72", "data", b"Subject: ...\r\n\r\n" + b"A" * 1100 + b"\r\n.\r\n", "500"),
    ("S72-1001", "data", b"A" * 999 + b"\r\n.\r\n", "500"),
    ("S72-dots", "data", b"." + b"A" * 1000 + b"\r\n.\r\n", "500"),
    ("S72-later", "data", MAIL + b"\r\n" * 3000 + b"A" * 999 + b"\r\n" * 3000 + b".\r\n", "500"),
    ("S73", "data", b"X: " + b"a" * 100_000 + b"\r\n\r\n" + BODY + b".\r\n", "5"),
    ("S74", "data", b"From: alice@user.example\r\nX-A: a\rSubject: injected\r\n\r\n" + BODY + b".\r\n", "500"),
    ("S75", "data", b"X: a\0b\r\n" + MAIL + b".\r\n", "500"),
    ("S75-unfinished", "data", MAIL + b"a\0b", LINE_ENDING),
    ("S01-unfinished", "data", MAIL + b"a\nb", LINE_ENDING),
    ("S04-unfinished", "data", MAIL + b"a\rb", LINE_ENDING),
    ("S76", "data", b"From: admin@gw.example\r\n" + MAIL + b".\r\n", "550"),
    ("S77", "data", MAIL.replace(b"alice@user", b"admin@gw") + b".\r\n", "550"),
    ("S78", "data", MAIL.replace(b"<alice@user.example>", b"<alice@user.example>,<admin@gw.example>") + b".\r\n", "5"),
    ("S79", "data", MAIL.replace(b"From:", b"From :") + b".\r\n", "5"),
    ("S80", "data", b".\r\n", "5"),
    ("S82", "hello", b"VRFY alice\r\n", "530"),
    ("S82-auth", "auth", b"VRFY alice\r\n", "252"),
    ("S83", "auth", b"EXPN staff\r\n", "502"),
    ("S84", "connected", b"HELP\r\n", "214"),
    ("S85", "connected", b"EHLO a\x1b[2J\r\n", "501"),
    ("S86", "connected", b"EHLO " + b"a" * 600 + b"\r\n", "500"),
    ("S86-host", "connected", b"EHLO " + b"a" * 300 + b"\r\n", "501"),
    ("S86-endless", "connected", b"EHLO " + b"a" * 100_000, "500"),
    ("d15-v1", "connected", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nEHLO a\r\n", "500|421"),
    ("d15-v2", "connected", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12) + b"\r\n", "500|421"),
    ("d17", "auth", "MAIL FROM:<alicé@user.example>".encode() + b"\r\n", "553"),
    ("d17-parameter", "auth", b"MAIL FROM:<alice@user.example> SMTPUTF8\r\n", "555"),
    ("tls-in-clear", "connected", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(30) + b"\n", "500"),
    ("no-brackets", "auth", b"MAIL FROM:alice@user.example\r\n", "501"),
    ("no-verb", "hello", b"\r\n", "500"),
    ("half-data", "mail", b"DATA\r\n" + MAIL + b".\r\n", "503"),
    ("data-of-commands", "mail", b"DATA\r\nRCPT TO:<in@gw.example>\r\nDATA\r\n" + MAIL + b".\r\n", "503"),
    ("authzid", "tls", b"AUTH PLAIN " + b64encode(b"bob@user.example\0alice@user.example\0pw") + b"\r\n", "535"),
    ("helo-auth", "tls", b"HELO a\r\n", "250"),
]

CASES = [
    *((case, "data", MAIL[:-2] + octets + SMUGGLED, codes) for case, octets, codes in LOOK_ALIKES),
    *((case, "mail", b"RCPT TO:<" + address + b">\r\n", "5") for case, address in ADDRESSES),
    *COMMANDS,
]


@pytest.mark.parametrize(("stage", "octets", "codes"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_nothing_hostile_is_accepted(world: World, stage: str, octets: bytes, codes: str) -> None:
    with world.client(stage) as client:
        with suppress(ConnectionResetError, BrokenPipeError):
            client.send(octets)
        first = client.reply()
        assert re.match(codes, first), first
        with suppress(ConnectionResetError, BrokenPipeError):
            client.send(b"QUIT\r\n")
        client.rest()
    world.settle()
    assert world.gatekeeper.accepted == []
    if codes == LINE_ENDING:  # the gate would refuse it as well: the edge does not even ask
        assert world.gatekeeper.received == []
    assert world.faults == []


@pytest.mark.parametrize(("octets", "codes"), [row[1:] for row in LOOK_ALIKES], ids=[row[0] for row in LOOK_ALIKES])
@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_look_alike_in_pieces_is_no_end_of_data_either(world: World, octets: bytes, codes: str, cut: int) -> None:
    payload = MAIL[:-2] + octets + SMUGGLED
    middle = len(MAIL) - 2 + cut
    with world.client("data") as client:
        client.send(payload[:middle])
        with suppress(ConnectionResetError, BrokenPipeError):
            client.send(payload[middle:])
        answer = client.reply()
        assert re.match(codes, answer), answer
    world.settle()
    assert world.gatekeeper.accepted == []


def test_the_true_end_of_data_separates_two_mails(world: World) -> None:
    """SMTP-d19, and the control for S01 to S12: what would have been smuggled is a mail that is accepted."""
    with world.client("data") as client:
        client.send(MAIL + b".\r\n" + SMUGGLED)
        assert [client.reply()[:3] for _ in range(5)] == ["250", "250", "250", "354", "250"]
    assert [mail.octets for mail in world.gatekeeper.accepted] == [MAIL, MAIL]


def test_commands_are_answered_in_order_when_pipelined(world: World) -> None:
    """RFC 2920 §3.1, with QUIT right behind the message (SMTP-d20)."""
    with world.client("auth") as client:
        client.send(
            b"RSET\r\nMAIL FROM:<alice@user.example>\r\nRCPT TO:<x@gw.example>\r\nRCPT TO:<in@gw.example>\r\nDATA\r\n"
        )
        assert [client.reply()[:3] for _ in range(5)] == ["250", "250", "550", "250", "354"]
        client.send(MAIL + b".\r\nQUIT\r\n")
        assert [client.reply()[:3] for _ in range(3)] == ["250", "221", ""]
    assert len(world.gatekeeper.accepted) == 1


def test_a_client_that_closes_its_sending_half_still_gets_its_replies(world: World) -> None:
    with world.client("hello") as client:
        client.send(b"NOOP\r\nQUIT\r\n")
        client.socket.shutdown(1)
        assert [client.reply()[:3] for _ in range(3)] == ["250", "221", ""]


def test_commands_behind_starttls_are_not_executed(world: World) -> None:
    """SMTP-S81: the client that pipelines here is being injected into; nothing is answered inside TLS."""
    with world.client("hello") as client:
        client.send(b"STARTTLS\r\nEHLO injected\r\nMAIL FROM:<x@y.example>\r\n")
        assert client.reply().startswith("503")
        assert client.reply() == ""


def test_commands_sent_after_starttls_in_a_packet_of_their_own_end_the_connection(world: World) -> None:
    with world.client("hello") as client:
        assert client.say(b"STARTTLS").startswith("220")
        client.send(b"EHLO injected\r\nMAIL FROM:<x@y.example>\r\n")
        assert client.socket.recv(100)[:1] in {b"", b"\x15"}  # nothing, or a TLS alert
    world.settle()
    assert world.faults == []


def test_the_upper_case_domain_is_the_same_domain(world: World) -> None:
    """SMTP-S52."""
    with world.client("mail") as client:
        assert client.say(b"RCPT TO:<in@GW.EXAMPLE>").startswith("250")


def test_the_auth_parameter_never_changes_who_is_sending(world: World) -> None:
    """SMTP-S69."""
    with world.client("auth") as client:
        assert client.say(b"MAIL FROM:<alice@user.example> AUTH=admin+40gw.example").startswith(("250", "5"))
        client.say(b"RCPT TO:<in@gw.example>")
        client.say(b"DATA")
        client.send(MAIL + b".\r\n")
        client.reply()
    assert [mail.identity for mail in world.gatekeeper.accepted] == [ALICE]


def test_the_hundred_and_first_recipient_ends_the_session(world: World) -> None:
    """SMTP-S71."""
    with world.client("mail") as client:
        replies = [client.say(b"RCPT TO:<in@gw.example>")[:3] for _ in range(100)]
        assert replies == ["250"] + ["452"] * 99
        assert client.say(b"RCPT TO:<in@gw.example>") == "452 4.5.3 too many recipients"
        assert client.reply() == ""
    assert world.gatekeeper.accepted == []


@pytest.mark.parametrize(
    "recipient",
    [b"x@evil.example", b"in@gw.example.evil.example", b"in@sub.gw.example", b"in@evilgw.example", b"x@localhost"],
)
def test_nothing_is_relayed(world: World, recipient: bytes) -> None:
    """SMTP-d11."""
    with world.client("mail") as client:
        assert client.say(b"RCPT TO:<" + recipient + b">").startswith("5")
    assert world.gatekeeper.asked_recipient == []


def test_help_and_greeting_name_no_product_and_no_version(world: World) -> None:
    """SMTP-S84."""
    with world.client("hello") as client:
        said = client.say(b"HELP") + client.say(b"HELP MAIL") + client.say(b"VRFY x")
    assert not re.search(r"aiosmtpd|python|smtpd|[0-9]+\.[0-9]+\.[0-9]{2}", said, re.IGNORECASE)


def test_login_with_initial_response_and_with_challenges(world: World) -> None:
    name, password = b64encode(ALICE.address.encode()), b64encode(PASSWORD.encode())
    with world.client("tls") as client:
        assert client.say(b"AUTH LOGIN " + name) == "334 UGFzc3dvcmQ6"
        assert client.say(b"*") == "501 5.7.0 authentication aborted"
        assert client.say(b"auth login") == "334 VXNlcm5hbWU6"
        assert client.say(name) == "334 UGFzc3dvcmQ6"
        assert client.say(password).startswith("235")
    with world.client("tls") as client:
        assert client.say(b"AUTH CRAM-MD5").startswith("504")
        assert client.say(b"AUTH").startswith("501")
        assert client.say(b"AUTH PLAIN") == "334 "
        assert client.say(plain().split()[2]).startswith("235")
