"""Machines log in with a TLS client certificate, at the real edge and at the real Dovecot, until it is taken away."""

import imaplib
import os
import smtplib
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import World

MACHINE = "robot@customs.ke.test"
_NEW_KEY = ("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@pytest.fixture(scope="module")
def machines() -> Iterator[World]:
    """Edge and Dovecot with an authority for machines; one machine and one person, each with a key for TLS."""
    folder = Path(tempfile.mkdtemp(prefix="gsp-km-", dir="/tmp"))
    if os.geteuid() == 0:
        folder.chmod(0o755)
    made = World(folder)
    try:
        made.set_up(people=False)
        robot = made.person(MACHINE)
        certificate = str(made.file(robot))
        for address, options in ((MACHINE, ("--machine",)), ("otto@customs.ke.test", ())):
            person = robot if address == MACHINE else made.person(address)
            certificate = str(made.file(person))
            made.gsp(
                *("officers", "admit", address, "--party", "KE", "--role", "query"),
                *("--certificate", certificate, *options),
            )
        issue(made, "first")
        made.start("edge", "mailboxes")
        yield made
    finally:
        made.stop()


def issue(world: World, name: str, address: str = MACHINE, *, check: bool = True) -> str:
    """A key, a signing request, and the certificate the gateway issues for it."""
    key, request = world.folder / f"{name}.key", world.folder / f"{name}.csr"
    subprocess.run(
        [*_NEW_KEY, "-new", "-subj", "/CN=otto@customs.ke.test", "-keyout", str(key), "-out", str(request)],
        check=True,
        capture_output=True,
    )
    output = str(world.folder / f"{name}.pem")
    return world.gsp("officers", "machine-certificate", address, "--csr", str(request), "--output", output, check=check)


def context(world: World, name: str | None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=str(world.gw / "tls" / "authority.pem"))
    if name is not None:
        made.load_cert_chain(world.folder / f"{name}.pem", world.folder / f"{name}.key")
    return made


def smtp(world: World, name: str | None, acting_for: str = "") -> int:
    """The reply to AUTH EXTERNAL, or to MAIL after it."""
    with smtplib.SMTP_SSL("localhost", world.ports.submission, context=context(world, name), timeout=30) as client:
        client.ehlo()
        if name is None:
            assert "EXTERNAL" not in client.esmtp_features["auth"]
        code, _ = client.docmd("AUTH", f"EXTERNAL {acting_for or '='}")
        return client.mail(MACHINE)[0] if code == 235 else code


def imap(world: World, name: str | None) -> bool:
    """Whether AUTHENTICATE EXTERNAL lets in."""
    with imaplib.IMAP4_SSL("localhost", world.ports.imap, ssl_context=context(world, name), timeout=30) as client:
        try:
            client.authenticate("EXTERNAL", lambda _challenge: b"")
        except imaplib.IMAP4.error:
            return False
        return client.select("INBOX")[0] == "OK"


def self_signed(world: World, name: str) -> None:
    """A certificate nobody issued, which names the pinned key's hash."""
    made = world.folder / name
    pin = world.rows("select tls_certificate from officers where address = ?", MACHINE)[0][0]
    subprocess.run(
        [*_NEW_KEY, "-x509", "-days", "2", "-subj", f"/CN={pin}", "-keyout", f"{made}.key", "-out", f"{made}.pem"],
        check=True,
        capture_output=True,
    )


def test_a_machine_logs_in_with_its_certificate_and_nobody_without(machines: World) -> None:
    assert smtp(machines, "first") == 250
    assert imap(machines, "first")
    assert smtp(machines, None) == 504
    assert not imap(machines, None)


def test_starttls_serves_machines_too(machines: World) -> None:
    with smtplib.SMTP("localhost", machines.ports.starttls, timeout=30) as client:
        client.starttls(context=context(machines, "first"))
        client.ehlo()
        assert "EXTERNAL" in client.esmtp_features["auth"]
        assert client.docmd("AUTH", "EXTERNAL =")[0] == 235
        assert client.mail(MACHINE)[0] == 250


def test_the_machine_acts_for_nobody_else(machines: World) -> None:
    assert smtp(machines, "first", "cm9ib3RAY3VzdG9tcy5rZS50ZXN0") == 250  # its own address
    assert smtp(machines, "first", "b3R0b0BjdXN0b21zLmtlLnRlc3Q=") == 535  # otto@customs.ke.test


def test_a_certificate_nobody_issued_is_refused(machines: World) -> None:
    self_signed(machines, "forged")
    with pytest.raises((ssl.SSLError, OSError, smtplib.SMTPServerDisconnected)):
        smtp(machines, "forged")
    assert not imap(machines, "forged")


def test_only_machines_get_one(machines: World) -> None:
    assert "only machines" in issue(machines, "person", "otto@customs.ke.test", check=False)


def test_a_new_certificate_ends_the_one_before_and_revocation_ends_all(machines: World) -> None:
    with smtplib.SMTP_SSL("localhost", machines.ports.submission, context=context(machines, "first")) as open_one:
        open_one.ehlo()
        assert open_one.docmd("AUTH", "EXTERNAL =")[0] == 235
        assert open_one.mail(MACHINE)[0] == 250
        open_one.rset()
        issue(machines, "second")
        assert open_one.mail(MACHINE)[0] == 550
    assert smtp(machines, "first") == 535
    assert not imap(machines, "first")
    assert smtp(machines, "second") == 250
    assert imap(machines, "second")
    machines.gsp("officers", "machine-certificate", MACHINE, "--revoke")
    assert smtp(machines, "second") == 535
    assert not imap(machines, "second")
