"""Three officers with real GnuPG keys, a gateway that seals, and what an attacker between them can do with a body."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from openpgp.composed import MessageBuilder, SignedPublicKey

from forms import Form, Item, Purpose, new_query
from forms.identifiers import new_identifier
from gateway.delivered_mail import DeliveredEnvelope, head_and_tail
from gateway.officer.address_book import AddressBook, BookCertificate, BookParty
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.memory import RECEIVED, RememberedForm
from gateway.officer.sealing import Route, SealedMail, seal_form
from gateway.seal import Seal, make_seal
from gateway.signing import GatewaySigner
from keyring_admin.gateway_key import create_gateway_certificate, export_certificate, export_secret_subkeys, run_gpg
from keyring_admin.openpgp.armor import ArmorKind, dearmor, enarmor
from keyring_admin.openpgp.framing import iterate_packets
from mailroom.intake import Presentation

ADDRESSES = {"KE": "alice@customs.ke.test", "EU": "bob@tax.eu.test", "BR": "carol@receita.br.test"}
_KEY = (
    "%no-protection\nKey-Type: eddsa\nKey-Curve: ed25519\nKey-Usage: cert,sign\nSubkey-Type: ecdh\n"
    "Subkey-Curve: cv25519\nSubkey-Usage: encrypt\nName-Real: Somebody\nName-Email: {address}\n"
    "Expire-Date: 1y\n%commit\n"
)


def query(uid: bytes = b"QCALLa7K2m9XqZB4c1") -> Form:
    """A query that is not bound."""
    return new_query([uid], justification="Seized at the port", purpose=Purpose.INVESTIGATION, items=[Item.A])


@dataclass(frozen=True, slots=True)
class World:
    """Everybody's keys in one GnuPG home. fingerprints: by Party."""

    home: Path
    signer: GatewaySigner
    book: AddressBook
    fingerprints: dict[str, str]

    @property
    def keyring(self) -> OfficerKeyring:
        return OfficerKeyring(self.home)

    def seal(self, form: Form, sender: str, route: Route, now: datetime) -> SealedMail:
        """What `gsp seal` does."""
        return seal_form(
            form,
            route,
            officer_address=ADDRESSES[sender],
            officer_fingerprint=self.fingerprints[sender],
            book=self.book,
            keyring=self.keyring,
            declare_uids=False,
            now=now,
        )

    def deliver(
        self, body: bytes, *, sender: str, receiver: str, requesting: str, exchange: str, now: datetime
    ) -> bytes:
        """The mail as the gateway makes it, with an honest seal on whatever body it was given."""
        seal = Seal(
            exchange=exchange,
            message_class="query" if sender == requesting else "reply",
            mode="sealed",
            sending_party=sender,
            receiving_party=receiver,
            requesting_party=requesting,
            sender=self.fingerprints[sender],
            body_sha256=hashlib.sha256(body).hexdigest(),
            library_version=2,
            rules_passed=("mail-is-encrypted",),
            log_position=17,
            sealed_at=now.replace(microsecond=0),
        )
        envelope = DeliveredEnvelope(
            domain="gsp.test",
            pilot=False,
            message_class=seal.message_class,
            token="7F3K-9Q2M",
            sender_address=ADDRESSES[sender],
            sending_party=sender,
            receiving_party=receiver,
            accepted_at=now,
            message_id=f"<{new_identifier()}@gsp.test>",
            earlier_message_ids=(),
            seal=make_seal(seal, self.signer),
            autocrypt=None,
            boundary="=_boundary",
        )
        head, tail = head_and_tail(envelope, Presentation.MIME)
        return head + enarmor(body) + tail

    def wrapped_anew(self, body: bytes, reader: str) -> bytes:
        """The signed inside of a body its reader could open, encrypted to another reader: the signature still holds."""
        signed = _gpg(self.home, "--decrypt", "--unwrap", stdin=body)
        return _encrypt(signed, run_gpg(self.home, "--export", self.fingerprints[reader]))


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="gspo-", dir="/tmp"))  # short: GnuPG's sockets are in it
    homes = [folder / "gateway", folder / "officers"]
    try:
        yield _make_world(*homes)
    finally:
        for home in homes:
            subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def remembered(sealed: SealedMail, now: datetime) -> RememberedForm:
    """The query as the Party asked remembers it."""
    return RememberedForm(
        digest=sealed.form_digest,
        exchange=sealed.exchange,
        pack="uid-query",
        requesting_party="KE",
        requested_party="EU",
        direction=RECEIVED,
        seen_at=now,
        body_sha256=sealed.body_sha256,
    )


def body_of(sealed: SealedMail) -> bytes:
    return dearmor(sealed.body, ArmorKind.MESSAGE)


def _make_world(gateway_home: Path, home: Path) -> World:
    gateway = create_gateway_certificate(gateway_home, ["query@gsp.test"], label="GSP")
    home.mkdir(mode=0o700)
    _gpg(home, "--import", stdin=export_certificate(gateway_home, gateway))
    fingerprints = {}
    for party, address in ADDRESSES.items():
        _gpg(home, "--generate-key", stdin=_KEY.format(address=address).encode())
        fingerprints[party] = OfficerKeyring(home).own_key(address)
    parties = tuple(
        BookParty(party, party, f"{party.lower()}@gsp.test", date(2025, 1, 1), None, (_entry(home, fingerprint),))
        for party, fingerprint in fingerprints.items()
    )
    book = AddressBook("gsp.test", False, _entry(home, gateway), parties)
    return World(home, GatewaySigner(export_secret_subkeys(gateway_home, gateway)), book, fingerprints)


def _entry(home: Path, fingerprint: str) -> BookCertificate:
    armor = enarmor(run_gpg(home, "--export", fingerprint), ArmorKind.PUBLIC_KEY)
    return BookCertificate(fingerprint, armor.decode("ascii"))


def _gpg(home: Path, *arguments: str, stdin: bytes) -> bytes:
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--yes", "--trust-model", "always", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=True, timeout=60).stdout


def _encrypt(inner: bytes, certificate: bytes) -> bytes:
    """Packets as they are, as the plaintext of one SEIPDv1 packet (RFC 9580 §5.13.1); gpg would sign or wrap anew."""
    (reader,) = [
        key for key in SignedPublicKey.from_bytes(certificate).public_subkeys if key.key.public_key_algorithm == "ecdh"
    ]
    key, prefix = os.urandom(32), os.urandom(16)
    builder = MessageBuilder.from_bytes("", b"").seipd_v1("aes256").set_session_key(key).encrypt_to_key(reader)
    octets = builder.to_vec()
    plain = prefix + prefix[-2:] + inner + b"\xd3\x14"
    plain += hashlib.sha1(plain).digest()  # noqa: S324 - RFC 9580 §5.13.1 demands it
    encryptor = Cipher(algorithms.AES(key), CFB(bytes(16))).encryptor()
    data = b"\x01" + encryptor.update(plain) + encryptor.finalize()
    head = octets[: next(iterate_packets(octets)).end]
    return head + bytes([0xC0 | 18, 255]) + len(data).to_bytes(4) + data


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
