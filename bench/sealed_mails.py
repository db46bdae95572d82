"""Sealed queries made beforehand: by the officers' own tool, but with an OpenPGP library in this process.

A gpg process a mail would take longer than the gateway does. Everything else is `gsp seal`'s: form, binding, padding,
slip, shape of the mail. Every mail has an id, session keys and signatures of its own.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import gnupg
import pysequoia

from bench.direct_mails import direct_content, pgp_mime_mail
from bench.world import BenchWorld
from forms.form import Form
from forms.queries import Purpose, new_query
from gateway.demo.people import DemoParty
from gateway.officer.address_book import AddressBook, load_address_book
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.routing import route_query
from gateway.officer.sealing import Route, form_entity, seal_form
from pattern_rules import load_library

JUSTIFICATION = "Seized in a container at Mombasa, case KRA-2231; the origin decides who is prosecuted."


class InProcessKeyring(OfficerKeyring):
    """An officer's keys, held in this process. certificates: of everybody written to, by fingerprint."""

    def __init__(self, officer: DemoParty, certificates: dict[str, pysequoia.Cert]) -> None:
        super().__init__(officer.gnupg)
        exported = gnupg.GPG(gnupghome=str(officer.gnupg)).export_keys(
            officer.officer_fingerprint, secret=True, expect_passphrase=False
        )
        secret = pysequoia.Tsk.from_bytes(exported.encode("ascii"))
        self._signer = secret.signer()
        self._certificates = {**certificates, officer.officer_fingerprint: secret.extract_certificate()}
        self.annex = b""  # what stands after a form in the sealed body

    def sign_and_encrypt(self, octets: bytes, *, signer: str, recipients: list[str]) -> bytes:
        """Binary packets, uncompressed, as `gsp seal` asks GnuPG for. signer: the officer, who has no other key."""
        if signer in recipients:  # the body; nobody but the gateway reads the slip
            octets += self.annex
        readers = [self._certificates[recipient] for recipient in recipients]
        return pysequoia.encrypt(octets, recipients=readers, signer=self._signer, armor=False)


@dataclass(frozen=True, slots=True)
class _Pair:
    """An officer and a form about a UID of another Party."""

    form: Form
    route: Route


@dataclass(slots=True)
class MailMaker:
    """Makes sealed mails for the officers of a world."""

    world: BenchWorld
    _book: AddressBook = field(init=False)
    _keyrings: dict[str, InProcessKeyring] = field(init=False)
    _pairs: dict[str, list[_Pair]] = field(init=False)
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        """Read address book and library once, export every officer's key once."""
        demo = self.world.demo
        self._book = book = load_address_book(demo.book.read_bytes())
        library = load_library(demo.library.read_bytes())
        certificates = {
            certificate.fingerprint: pysequoia.Cert.from_bytes(certificate.armor.encode("ascii"))
            for certificate in (book.gateway, *(each for party in book.parties for each in party.certificates))
        }
        self._keyrings = {officer.officer: InProcessKeyring(officer, certificates) for officer in self.world.officers}
        today = datetime.now(UTC).date()
        forms = {
            party.code: new_query([party.uid.encode()], justification=JUSTIFICATION, purpose=Purpose.INVESTIGATION)
            for party in demo.parties.values()
        }
        self._pairs = {
            asking: [
                _Pair(form, route_query(form, library, book, own_party=asking, today=today))
                for asked, form in forms.items()
                if asked != asking
            ]
            for asking in demo.parties
        }

    @property
    def content_octets(self) -> int:
        """Size of a form with its readable text, before it is bound to an exchange and padded to its size class."""
        return len(form_entity(self._pairs["KE"][0].form).rstrip())

    def make(self, officer: DemoParty, annex: int = 0) -> bytes:
        """One sealed query of this officer; the other Parties take turns.

        annex: octets after the form in the sealed body, of which the gateway sees nothing but the length.
        """
        pairs = self._pairs[officer.code]
        pair = pairs[next(self._numbers) % len(pairs)]
        keyring = self._keyrings[officer.officer]
        keyring.annex = secrets.token_bytes(annex)
        return seal_form(
            pair.form,
            pair.route,
            officer_address=officer.officer,
            officer_fingerprint=officer.officer_fingerprint,
            book=self._book,
            keyring=keyring,
            declare_uids=True,
            now=datetime.now(UTC),
        ).mail

    def make_direct(self, officer: DemoParty, party: str, octets: int) -> bytes:
        """One mail of about this many octets, encrypted to the reading certificates of another Party by the client."""
        readers = [certificate.fingerprint for certificate in self._book.party(party).certificates]
        content = direct_content(octets)
        packets = self._keyrings[officer.officer].sign_and_encrypt(
            content, signer=officer.officer_fingerprint, recipients=readers
        )
        return pgp_mime_mail(packets, sender=officer.officer, recipient=f"{party.lower()}@{self._book.domain}")
