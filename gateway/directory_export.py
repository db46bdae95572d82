"""The address book made from the directory: only certificates in force, only Parties that are members today."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from gateway.officer.address_book import AddressBook, BookAdministrator, BookCertificate, BookParty
from gateway.settings import Settings
from keyring_admin.acts.root import root_in_force
from keyring_admin.certificate_store import find_certificate, gateway_certificates, reading_certificates
from keyring_admin.chain.directory import appointments
from keyring_admin.openpgp.armor import ArmorKind, enarmor
from keyring_admin.parties import list_parties


def address_book(connection: Connection, settings: Settings, now: datetime) -> AddressBook:
    """The book of this gateway at `now`."""
    own = next(
        certificate
        for certificate in gateway_certificates(connection)
        if certificate.fingerprint == settings.gateway.fingerprint
    )
    root = root_in_force(connection)
    return AddressBook(
        domain=settings.gateway.domain,
        pilot=settings.gateway.pilot,
        gateway=_entry(own.fingerprint, own.octets),
        parties=tuple(
            BookParty(
                code=party.code,
                name=party.name,
                address=f"{party.mailbox}@{settings.gateway.domain}",
                member_from=party.member_from,
                member_until=party.member_until,
                certificates=tuple(
                    _entry(certificate.fingerprint, certificate.octets)
                    for certificate in reading_certificates(connection, party.code)
                    if certificate.encryption_key_ids(now)
                ),
                administrators=tuple(_administrators(connection, party.code, now)) if root is not None else (),
            )
            for party in list_parties(connection)
            if party.member_on(now.date())
        ),
        root=_entry(root.fingerprint, root.octets) if root is not None else None,
    )


def _administrators(connection: Connection, party: str, now: datetime) -> Iterator[BookAdministrator]:
    for one in appointments(connection, party, now):
        held = find_certificate(connection, one.fingerprint)
        if held is not None and held.valid_at(now):
            entry = _entry(one.fingerprint, one.octets)
            yield BookAdministrator(entry.fingerprint, entry.armor, tuple(sorted(one.domains)), one.regional)


def _entry(fingerprint: str, octets: bytes) -> BookCertificate:
    return BookCertificate(fingerprint=fingerprint, armor=enarmor(octets, ArmorKind.PUBLIC_KEY).decode("ascii"))
