"""A mail goes through on both listeners; what is offered, and when; ordinary clients as positive controls."""

import shutil
import smtplib
import subprocess

import pytest

from .edge_world import ALICE, MAIL, PASSWORD, World, plain


def test_an_encrypted_mail_goes_through_starttls(world: World) -> None:
    with world.client("auth") as client:
        assert client.mail() == "250 2.6.0 accepted"
        assert client.say(b"QUIT") == "221 2.0.0 closing connection"
        assert client.reply() == ""
    assert [(mail.identity, mail.recipient, mail.octets) for mail in world.gatekeeper.accepted] == [
        (ALICE, "in@gw.example", MAIL)
    ]


def test_an_encrypted_mail_goes_through_implicit_tls(world: World) -> None:
    with world.implicit_client() as client:
        assert client.reply() == "220 gw.example ESMTP GSP gateway"
        client.say(b"EHLO [127.0.0.1]")
        assert client.say(plain()) == "235 2.7.0 authentication successful"
        assert client.mail() == "250 2.6.0 accepted"
    assert world.gatekeeper.accepted[0].octets == MAIL


def test_many_mails_go_over_one_connection(world_with) -> None:
    world = world_with(mails_per_minute=1000, commands_between_mails=8)
    with world.client("auth") as client:
        assert {client.mail() for _ in range(50)} == {"250 2.6.0 accepted"}


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "implicit"])
def test_smtplib_sends(world: World, implicit: bool) -> None:
    if implicit:
        client: smtplib.SMTP = smtplib.SMTP_SSL("localhost", world.tls_port, context=world.tls, timeout=10)
    else:
        client = smtplib.SMTP("localhost", world.port, timeout=10)
        client.starttls(context=world.tls)
    with client:
        client.login(ALICE.address, PASSWORD)
        assert client.sendmail(ALICE.address, ["in@gw.example"], MAIL) == {}
    assert world.gatekeeper.accepted[0].octets == MAIL


def _swaks_speaks_tls() -> bool:
    if shutil.which("swaks") is None:
        return False
    said = subprocess.run(["swaks", "--support"], capture_output=True, text=True, timeout=30, check=False)
    return "TLS supported" in said.stdout


@pytest.mark.skipif(not _swaks_speaks_tls(), reason="needs the Debian packages swaks and libnet-ssleay-perl")
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks_sends(world: World, mechanism: str) -> None:
    finished = subprocess.run(
        [
            "swaks", "--server", f"127.0.0.1:{world.port}", "-tls", "--auth", mechanism,
            "--auth-user", ALICE.address, "--auth-password", PASSWORD,
            "-f", ALICE.address, "-t", "in@gw.example", "--data", "-",
        ],
        input=MAIL, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout.decode()
    assert len(world.gatekeeper.accepted) == 1


def test_before_tls_only_starttls_is_offered(world: World) -> None:
    with world.client("connected") as client:
        assert client.say(b"EHLO a").split("\n") == [
            "250-gw.example",
            "250-SIZE 26214400",
            "250-8BITMIME",
            "250-PIPELINING",
            "250-ENHANCEDSTATUSCODES",
            "250 STARTTLS",
        ]


def test_after_tls_authentication_is_offered_and_nothing_else_is_new(world: World) -> None:
    with world.client("tls") as client:
        keywords = {line[4:] for line in client.say(b"EHLO a").split("\n")}
    assert keywords == {
        "gw.example", "SIZE 26214400", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN"
    }  # fmt: skip


def test_tls_forgets_what_was_said_before(world: World) -> None:
    with world.client("hello") as client:
        client.say(b"STARTTLS")
        client.wrap()
        assert client.say(b"AUTH PLAIN").startswith("503")  # EHLO has to be said again
        assert client.say(b"STARTTLS").startswith("503")
        client.say(b"EHLO a")
        assert client.say(plain()).startswith("235")


def test_the_delivery_notification_parameters_of_ordinary_clients_are_let_pass(world: World) -> None:
    with world.client("auth") as client:
        assert client.say(
            b"MAIL FROM:<alice@user.example> SIZE=1000 BODY=8BITMIME RET=HDRS ENVID=QQ+2B314159 AUTH=<>"
        ).startswith("250")
        assert client.say(
            b"RCPT TO:<in@gw.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;in@gw.example"
        ).startswith("250")


@pytest.mark.parametrize(
    ("parameters", "receipt"),
    [
        (b"", False),
        (b" NOTIFY=SUCCESS", True),
        (b" notify=failure,success,delay ORCPT=rfc822;in@gw.example", True),
        (b" NOTIFY=FAILURE,DELAY", False),
        (b" NOTIFY=NEVER", False),
        (b" ORCPT=rfc822;NOTIFY+3DSUCCESS", False),
    ],
)
def test_notify_success_asks_for_a_receipt(world: World, parameters: bytes, receipt: bool) -> None:
    """RFC 3461 §4.1, although DSN is not offered: clients send it all the same."""
    with world.client("hello") as client:
        assert "DSN" not in client.say(b"EHLO client.example")
    with world.client("mail") as client:
        assert client.say(b"RCPT TO:<in@gw.example>" + parameters).startswith("250")
        client.say(b"DATA")
        client.send(MAIL + b".\r\n")
        assert client.reply().startswith("250")
    assert [mail.receipt for mail in world.gatekeeper.accepted] == [receipt]


def test_a_wish_for_a_receipt_ends_with_its_mail(world: World) -> None:
    with world.client("mail") as client:
        assert client.say(b"RCPT TO:<in@gw.example> NOTIFY=SUCCESS").startswith("250")
        assert client.say(b"RSET").startswith("250")
        assert client.mail().startswith("250")
        client.say(b"MAIL FROM:<alice@user.example>")
        assert client.say(b"RCPT TO:<nobody@gw.example> NOTIFY=SUCCESS").startswith("550")
        assert client.say(b"RCPT TO:<in@gw.example>").startswith("250")
        assert client.say(b"RCPT TO:<postmaster> NOTIFY=SUCCESS").startswith("452")
        client.say(b"DATA")
        client.send(MAIL + b".\r\n")
        assert client.reply().startswith("250")
    assert [mail.receipt for mail in world.gatekeeper.accepted] == [False, False]


@pytest.mark.parametrize(
    "parameter",
    [b"RET=ALL", b"RET", b"ENVID=" + b"x" * 101, b"ENVID=a+b", b"SIZE=1 SIZE=1", b"SIZE=", b"BODY", b"=x", b" "],
)
def test_malformed_mail_parameters_are_refused(world: World, parameter: bytes) -> None:
    with world.client("auth") as client:
        assert client.say(b"MAIL FROM:<alice@user.example> " + parameter + b" RET=FULL").startswith("501 5.5.4")


@pytest.mark.parametrize("parameter", [b"NOTIFY=NEVER,SUCCESS", b"NOTIFY=", b"ORCPT=in@gw.example", b"ORCPT=rfc822;"])
def test_malformed_recipient_parameters_are_refused(world: World, parameter: bytes) -> None:
    with world.client("mail") as client:
        assert client.say(b"RCPT TO:<in@gw.example> " + parameter).startswith("501 5.5.4")


def test_two_recipients_are_two_mails(world: World) -> None:
    """SMTP-d12: the first that is admitted is the recipient; others are put off, the mail goes on."""
    with world.client("mail") as client:
        assert client.say(b"RCPT TO:<nobody@gw.example>").startswith("550 5.1.1")
        assert client.say(b"RCPT TO:<in@gw.example>").startswith("250")
        assert client.say(b"RCPT TO:<postmaster>").startswith("452 4.5.3")
        client.say(b"DATA")
        client.send(MAIL + b".\r\n")
        assert client.reply().startswith("250")
    assert [mail.recipient for mail in world.gatekeeper.accepted] == ["in@gw.example"]


def test_postmaster_needs_no_domain(world: World) -> None:
    with world.client("mail") as client:
        assert client.say(b"RCPT TO:<Postmaster>").startswith("250")
    assert world.gatekeeper.asked_recipient == ["postmaster@gw.example"]


def test_addresses_reach_the_gatekeeper_in_one_spelling(world: World) -> None:
    with world.client("auth") as client:
        assert client.say(b"mail from: <Alice@USER.Example>").startswith("250")
        assert client.say(b"rcpt to:<In@GW.Example>").startswith("250")
    assert world.gatekeeper.asked_recipient == ["in@gw.example"]


@pytest.mark.parametrize(
    "message",
    [b".\r\n" * 3, b"..a\r\n", b"a\r\n.\r\n.b\r\n..\r\nc\r\n", b"x" * 998 + b"\r\n", b"." + b"x" * 997 + b"\r\n", b""],
)
def test_transparency_dots_are_removed_once(world: World, message: bytes) -> None:
    world.gatekeeper.judging = False
    with world.client("data") as client:
        stuffed = b"." * message.startswith(b".") + message.replace(b"\r\n.", b"\r\n..")
        client.send(stuffed + b".\r\n")
        assert client.reply().startswith("250")
    assert world.gatekeeper.accepted[0].octets == message


def test_a_message_arriving_octet_by_octet_is_the_same_message(world: World) -> None:
    world.gatekeeper.judging = False
    message = b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\n" * 3
    with world.client("data") as client:
        for octet in message.replace(b"\r\n.", b"\r\n..") + b".\r\n":
            client.send(bytes([octet]))
        assert client.reply().startswith("250")
    assert world.gatekeeper.accepted[0].octets == message


def test_a_refused_mail_leaves_the_session_usable(world: World) -> None:
    with world.client("auth") as client:
        assert client.mail(b"From: alice@user.example\r\n\r\nin the clear\r\n").startswith("523 5.7.10")
        assert client.mail().startswith("250")


def test_an_officer_who_is_suspended_during_the_session_is_refused(world: World) -> None:
    """SMTP-d10."""
    with world.client("auth") as client:
        assert client.mail().startswith("250")
        world.gatekeeper.active = False
        assert client.say(b"MAIL FROM:<alice@user.example>").startswith("550 5.7.1")
