"""Notices: in the holder's language, encrypted to the holder, signed by the gateway; GnuPG is the reader."""

import string
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from gateway.gate import Accepted, judge
from gateway.notices import NOTICES, write_notice
from gateway.policy.facts import NoticeKind
from gateway.signing import GatewaySigner
from keyring_admin.certificate_store import Certificate, Purpose
from keyring_admin.certificates import examine_certificate
from keyring_admin.chain_state import ChainState
from keyring_admin.officers import Officer
from mailroom.notice_requests import NoticeRequest
from mailroom.outbound import NewDelivery

from .conftest import Gateway
from .keys import Key, gpg, make_home, make_key

LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")
NOW = datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Notary:
    """Signs, and somebody else's GnuPG that verifies."""

    signer: GatewaySigner
    home: Path

    def verifies(self, signed: bytes, signature: bytes) -> bool:
        text, detached = self.home / "text", self.home / "signature"
        text.write_bytes(signed)
        detached.write_bytes(signature)
        return b"VALIDSIG" in gpg(self.home, "--status-fd", "1", "--verify", str(detached), str(text), check=False)


@pytest.fixture
def notary(signer: GatewaySigner, gateway: Gateway, tmp_path: Path) -> Notary:
    home = make_home(tmp_path / "g")
    gpg(home, "--import", stdin=gateway.certificate)
    return Notary(signer, home)


def officer(key: Key, language: str) -> Officer:
    return Officer(1, key.address, "KE", language, frozenset(), True, key.fingerprint, "")


def certificate(key: Key, withdrawn_at: datetime | None = None) -> Certificate:
    octets = key.certificate
    facts = examine_certificate(octets, key.address, now=datetime.now(UTC), special_use_domains=True)
    return Certificate(key.fingerprint, Purpose.OFFICER, "KE", withdrawn_at, facts.keys, octets)


def request(kind: NoticeKind) -> NoticeRequest:
    named = {name for _, name, _, _ in string.Formatter().parse(NOTICES[kind].template) if name}
    details = dict.fromkeys(named - {"reference", "parties", "version"}, "A" * 40)
    details["state"] = ChainState.NOT_CERTIFIED.value
    return NoticeRequest(1, NOW, 1, kind.value, "0123456789ABCDEF", "7F3K-9Q2M", ("EU", "PK"), 3, details=details)


def mail_of(delivery: NewDelivery) -> bytes:
    assert delivery.body is None
    return delivery.head + delivery.tail


def write(signer: GatewaySigner, key: Key, kind: NoticeKind, language: str, known: Certificate | None) -> NewDelivery:
    return write_notice(
        request(kind), officer(key, language), known, signer=signer, domain="gsp.test", pilot=True, now=NOW
    )


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_notice_is_written_in_six_languages_and_read_by_gnupg(
    signer: GatewaySigner, gateway: Gateway, alice: Key, kind: NoticeKind
) -> None:
    texts = set()
    known = certificate(alice)
    for language in LANGUAGES:
        delivery = write(signer, alice, kind, language, known)
        accepted = judge(mail_of(delivery), size_limit=1 << 20)
        assert isinstance(accepted, Accepted)
        plain = gpg(alice.home, "--decrypt", stdin=accepted.messages[0].octets)
        status = gpg(alice.home, "--status-fd", "1", "--decrypt", stdin=accepted.messages[0].octets)
        assert f"VALIDSIG {signing_subkey(gateway)}".encode() in status
        message = message_from_bytes(plain, policy=default)
        assert isinstance(message, EmailMessage)
        text = f"{message['Subject']}\n{message.get_content()}"
        assert "GSP-7F3K-9Q2M" in text
        assert str(message["Subject"]).startswith("TEST ")
        assert "{" not in text
        texts.add(text)
        if kind is NoticeKind.PATTERN_MOVED:
            assert "EU, PK" in text
            assert "3" in message.get_content()
    assert len(texts) == len(LANGUAGES)


def signing_subkey(gateway: Gateway) -> str:
    from openpgp.composed import SignedPublicKey  # noqa: PLC0415 - here only

    subkeys = SignedPublicKey.from_bytes(gateway.certificate).public_subkeys
    return next(str(each.key.fingerprint).upper() for each in subkeys if each.key.public_key_algorithm != "ecdh")


def test_the_outside_of_a_notice_tells_nothing_but_that_it_is_one(signer: GatewaySigner, alice: Key) -> None:
    delivery = write(signer, alice, NoticeKind.PATTERN_MOVED, "en", certificate(alice))
    message = message_from_bytes(mail_of(delivery), policy=default)
    fields = {"From", "To", "Date", "Message-ID", "Auto-Submitted", "Subject", "MIME-Version", "Content-Type"}
    assert set(message.keys()) == fields
    assert message["Subject"] == "TEST GSP notice [GSP-7F3K-9Q2M]"
    assert message["Auto-Submitted"] == "auto-generated"
    assert (delivery.mailbox, delivery.mail) == (alice.address, None)
    assert b"PK" not in mail_of(delivery).partition(b"-----BEGIN")[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", ["none", "withdrawn"])
def test_a_holder_without_a_usable_certificate_gets_one_constant_signed_sentence(
    notary: Notary, alice: Key, language: str, case: str
) -> None:
    known = certificate(alice, withdrawn_at=NOW) if case == "withdrawn" else None
    mails = [mail_of(write(notary.signer, alice, kind, language, known)) for kind in NoticeKind]
    texts = set()
    for mail in mails:
        message = message_from_bytes(mail, policy=default)
        assert isinstance(message, EmailMessage)
        assert message["Subject"] == "TEST GSP notice"
        text, signature = message.iter_parts()
        assert text.get_content_type() == "text/plain"
        assert not any(word in text.get_content() for word in ("7F3K", "EU", "PK", "0123456789ABCDEF"))
        boundary = str(message.get_boundary()).encode()
        signed = mail.split(b"--" + boundary)[1][2:-2]  # RFC 3156 §5: between the boundaries, without their line ends
        assert notary.verifies(signed, signature.get_content())
        assert not notary.verifies(signed.replace(b"base64", b"BASE64"), signature.get_content())
        texts.add(text.get_content())
    assert len(texts) == 1


def test_an_expired_certificate_is_not_encrypted_to(signer: GatewaySigner, officers_home: Path) -> None:
    brief = make_key(officers_home, "brief@customs.ke.test", expire="seconds=2")
    known = certificate(brief)
    time.sleep(2.1)
    mail = mail_of(write(signer, brief, NoticeKind.RETURNED, "en", known))
    assert b"multipart/signed" in mail
    assert b"-----BEGIN PGP MESSAGE" not in mail


def test_without_an_exchange_the_mail_s_own_number_is_named(signer: GatewaySigner, alice: Key) -> None:
    notice = replace(request(NoticeKind.RETURNED), token=None)
    delivery = write_notice(
        notice, officer(alice, "en"), certificate(alice), signer=signer, domain="gsp.test", pilot=False, now=NOW
    )
    assert b"Subject: GSP notice [0123456789ABCDEF]\r\n" in delivery.head
