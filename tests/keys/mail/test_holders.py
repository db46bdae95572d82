"""What holders ask for: renewal, replacement, revocation, a password, receipts; and how requests are refused."""

import smtplib
import time
from datetime import UTC, datetime, timedelta

import pytest

from keyring_admin.openpgp.armor import ArmorKind, enarmor

from ..people import gpg, renew, revoke
from .world import Account, World, attached, challenge_in


@pytest.fixture(scope="module")
def nia(world: World) -> Account:
    """An officer who is enrolled; tests do not revoke the certificate."""
    return world.enrolled("nia@customs.ke.test")


def sends(world: World, account: Account) -> bool:
    """Whether a mail of this officer gets past the rules about certificates: refused for another reason, later."""
    text = world.request("receipts", Receipts="off")
    return world.send(account, world.mail(account.person, text)).startswith("250")


def test_a_request_is_served_once_fresh_for_this_gateway_and_signed(world: World, nia: Account) -> None:
    def send(text: str, **options: object) -> str:
        return world.send(nia, world.mail(nia.person, text, **options))  # type: ignore[arg-type]

    good = world.request("receipts", Receipts="on")
    first = world.mail(nia.person, good)
    assert world.send(nia, first).startswith("250")
    assert world.send(nia, first).startswith("550 5.7.1 refused by policy")
    assert send(good).startswith("550 5.7.1 refused by policy")  # signed anew, the same id
    old = (datetime.now(UTC) - timedelta(days=8)).strftime("%Y-%m-%dT%H:%M:%SZ")
    early = (datetime.now(UTC) + timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for changed in ({"Created": old}, {"Created": early}, {"Gateway": "A" * 40}):
        assert send(world.request("receipts", Receipts="off", **changed)).startswith("550 5.7.1 refused by policy")
    assert send(world.request("receipts", Receipts="off", GSP_Key_Request="2")).startswith("550 5.6.0")
    assert send(world.request("receipts", Receipts="off"), sign=False).startswith("550 5.7.1 refused by policy")
    assert send("Please switch my receipts off.").startswith("550 5.6.0")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    ahead = world.mail(nia.person, world.request("receipts", Receipts="off"), at=tomorrow)
    assert world.send(nia, ahead).startswith("550 5.7.1")
    assert world.rows("select receipts from officers where address = ?", nia.address) == [(1,)]


def test_inline_mail_is_read_as_well(world: World, nia: Account) -> None:
    queue_id = world.ask(nia, world.request("receipts", Receipts="off"), inline=True)
    assert "carried out" in world.text(nia.person, queue_id)


def test_in_the_clear_nothing_is_taken(world: World, nia: Account) -> None:
    text = world.request("password", Password="in the clear for all")
    clear = f"From: {nia.address}\r\nTo: keys@gsp.test\r\nSubject: x\r\n\r\n" + text.replace("\n", "\r\n")
    assert world.send(nia, clear.encode()).startswith("523")


def test_a_secret_key_is_refused_at_once(world: World, nia: Account) -> None:
    secret = enarmor(nia.person.secret, ArmorKind.SECRET_KEY)
    mail = world.mail(nia.person, world.request("renew"), secret)
    assert world.send(nia, mail).startswith("550 5.7.1 a secret key was sent")


def test_an_expired_certificate_is_renewed_by_its_holder(world: World) -> None:
    account = world.enrolled("expires@customs.ke.test")
    known = "update certificate_keys set expires_at = '2026-01-01 00:00:00.000000' where certificate = ?"
    world.write(known, account.person.fingerprint)
    assert not sends(world, account)
    renew(account.person)
    queue_id = world.ask(account, world.request("renew"), account.person.armored)
    assert "was taken" in world.text(account.person, queue_id)
    assert sends(world, account)


def test_a_replacement_is_signed_proved_and_approved_and_overlaps(world: World) -> None:
    account = world.enrolled("changes@customs.ke.test")
    fresh = world.person(account.address)
    queue_id = world.ask(account, world.request("replace"), fresh.armored)
    enrolment, challenge = challenge_in(world.text(fresh, queue_id))
    new = Account(fresh, account.password)
    world.ask(new, world.request("prove", Enrolment=enrolment, Challenge=challenge))
    assert sends(world, account)  # nothing has changed before it is approved
    ana = world.accounts["ana"]
    queue_id = world.ask(ana, world.request("approve", Enrolment=enrolment, Fingerprint=fresh.fingerprint))
    told = world.text(fresh, queue_id).replace(" ", "")
    assert fresh.fingerprint in told
    assert account.person.fingerprint in told
    assert sends(world, new)
    row = "select certificate, previous_certificate from officers where address = ?"
    assert world.rows(row, account.address) == [(fresh.fingerprint, account.person.fingerprint)]


def test_an_administrator_does_not_approve_the_own_replacement(world: World) -> None:
    ana = world.accounts["ana"]
    fresh = world.person(ana.address)
    enrolment, challenge = challenge_in(world.text(fresh, world.ask(ana, world.request("replace"), fresh.armored)))
    world.ask(Account(fresh, ana.password), world.request("prove", Enrolment=enrolment, Challenge=challenge))
    text = world.request("approve", Enrolment=enrolment, Fingerprint=fresh.fingerprint)
    assert "of their own" in world.text(ana.person, world.ask(ana, text))


def test_a_holder_revokes_and_is_refused_at_once(world: World) -> None:
    account = world.enrolled("leaks@customs.ke.test")
    with world.session(account) as session:
        assert session.mail(account.address)[0] == 250
        session.rset()
        queue_id = world.ask(account, world.request("revoke", Fingerprint=account.person.fingerprint))
        began = time.monotonic()
        assert not sends(world, account)
        assert time.monotonic() - began < 10
        mail = world.mail(account.person, world.request("receipts", Receipts="on"))
        assert session.mail(account.address)[0] == 250
        session.rcpt("keys@gsp.test")
        assert session.data(mail)[0] == 550
    told = world.text(world.accounts["ana"].person, queue_id)
    assert account.person.fingerprint in told.replace(" ", "")
    # It sticks: neither the old copy nor a fresh one brings it back.
    mail = world.mail(account.person, world.request("renew"), account.person.armored)
    world.send(account, mail)
    assert not sends(world, account)
    # The way back is an invitation, with another key.
    again = world.enrolled(account.address)
    assert sends(world, again)


def test_a_revocation_certificate_alone_is_enough_when_the_key_is_lost(world: World) -> None:
    account = world.enrolled("loses@customs.ke.test")
    other = world.person("loses@customs.ke.test")
    certificate = account.person.certificate
    made = gpg(
        account.person.home,
        *("--no-tty", "--command-fd", "0", "--armor", "--gen-revoke", account.person.fingerprint),
        stdin=b"y\n1\n\ny\n",
        batch=False,
    )
    nothing = world.mail(other, world.request("revoke", Fingerprint=account.person.fingerprint), sign=False)
    assert world.send(account, nothing).startswith("550 5.7.1")
    foreign = revoke(world.person("loses@customs.ke.test"))
    world.send(
        account, world.mail(other, world.request("revoke", Fingerprint=account.person.fingerprint), foreign, sign=False)
    )
    assert sends(world, account)
    text = world.request("revoke", Fingerprint=account.person.fingerprint) + made.decode()
    world.ask(account, text, signer=other, sign=False)
    assert not sends(world, account)
    world.send(account, world.mail(account.person, world.request("renew"), certificate))
    assert not sends(world, account)


def test_an_administrator_revokes_an_officer_of_the_own_party_only(world: World) -> None:
    account = world.enrolled("dismissed@customs.ke.test")
    text = {"Fingerprint": account.person.fingerprint}
    for name in ("eva", "rosa", "otto"):
        asking = world.accounts[name]
        assert "refused" in world.text(asking.person, world.ask(asking, world.request("revoke", **text)))
    # With the password of an administrator, but not the key: what is enclosed makes it no revocation.
    ana = world.accounts["ana"]
    stolen = world.ask(ana, world.request("revoke", **text), account.person.armored, sign=False)
    assert "does not revoke" in world.text(ana.person, stolen)
    assert sends(world, account)
    assert "carried out" in world.text(ana.person, world.ask(ana, world.request("revoke", **text)))
    assert not sends(world, account)


def test_a_password_is_changed_by_a_signed_request_and_kept_as_a_hash(world: World) -> None:
    account = world.enrolled("words@customs.ke.test")
    fresh = "correct horse battery 7"
    queue_id = world.ask(account, world.request("password", Password=fresh))
    with pytest.raises(smtplib.SMTPAuthenticationError):
        world.session(account)
    account.password = fresh
    with world.session(account):
        pass
    assert "carried out" in world.text(account.person, queue_id)
    stored = world.rows("select password_hash from officers where address = ?", account.address)[0][0]
    assert stored.startswith("$argon2id$")
    # KEY-25: 8 to 128 octets; KEY-26: nobody else's, not even with the own signature.
    for bad in ("short", "x" * 129):
        refused = world.mail(account.person, world.request("password", Password=bad))
        assert world.send(account, refused).startswith("550 5.6.0")
    text = world.request("password", Address="otto@customs.ke.test")
    assert "refused" in world.text(account.person, world.ask(account, text))


def test_an_administrator_issues_a_password_that_the_officer_changes(world: World) -> None:
    account, ana = world.enrolled("forgets@customs.ke.test"), world.accounts["ana"]
    told = world.text(ana.person, world.ask(ana, world.request("password", Address=account.address))).split()
    with pytest.raises(smtplib.SMTPAuthenticationError):
        world.session(account)
    account.password = told[told.index("forgets@customs.ke.test:") + 1]
    world.ask(account, world.request("password", Password="one of my own"))
    account.password = "one of my own"
    with world.session(account):
        pass


def test_an_administrator_lists_the_officers(world: World, nia: Account) -> None:
    ana = world.accounts["ana"]
    answer = world.notice(ana.person, world.ask(ana, world.request("list")))
    table = attached(answer)["officers-KE.csv"].decode()
    assert f"{nia.address},person,query,yes,yes,{nia.person.fingerprint}" in table
    assert "olaf.eu.test" not in table
    assert "refused" in world.text(nia.person, world.ask(nia, world.request("list")))


def test_secrets_are_nowhere_in_logs_and_tables(world: World, nia: Account) -> None:
    secret = "canary-password-92"
    world.text(nia.person, world.ask(nia, world.request("password", Password=secret)))
    nia.password = secret
    files = [world.folder / "edge.log", world.folder / "process.log", *world.gw.glob("gateway.db*")]
    assert not [file.name for file in files if secret.encode() in file.read_bytes()]
    logs = b"".join(file.read_bytes() for file in files[:2])
    assert nia.address.encode() not in logs
