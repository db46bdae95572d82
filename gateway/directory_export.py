"""The address book made from the directory: only certificates in force, only Parties that are members today."""

from datetime import datetime

from sqlalchemy import Connection

from gateway.officer.address_book import AddressBook, BookCertificate, BookParty
from gateway.settings import Settings
from keyring_admin.certificate_store import Certificate, gateway_certificates, reading_certificates
from keyring_admin.openpgp.armor import ArmorKind, enarmor
from keyring_admin.parties import list_parties


def address_book(connection: Connection, settings: Settings, now: datetime) -> AddressBook:
    """The book of this gateway at `now`."""
    own = next(
        certificate
        for certificate in gateway_certificates(connection)
        if certificate.fingerprint == settings.gateway.fingerprint
    )
    return AddressBook(
        domain=settings.gateway.domain,
        pilot=settings.gateway.pilot,
        gateway=_entry(own),
        parties=tuple(
            BookParty(
                code=party.code,
                name=party.name,
                address=f"{party.mailbox}@{settings.gateway.domain}",
                member_from=party.member_from,
                member_until=party.member_until,
                certificates=tuple(
                    _entry(certificate)
                    for certificate in reading_certificates(connection, party.code)
                    if certificate.encryption_key_ids(now)
                ),
            )
            for party in list_parties(connection)
            if party.member_on(now.date())
        ),
    )


def _entry(certificate: Certificate) -> BookCertificate:
    armor = enarmor(certificate.octets, ArmorKind.PUBLIC_KEY).decode("ascii")
    return BookCertificate(fingerprint=certificate.fingerprint, armor=armor)
