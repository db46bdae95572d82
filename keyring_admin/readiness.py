"""How far each Party is: what it still lacks before mail can go to it and come from it. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from keyring_admin.acts.rotation import rotations
from keyring_admin.administrators import list_administrations
from keyring_admin.authorities import authorities_of
from keyring_admin.certificate_store import find_certificate, reading_certificates
from keyring_admin.officers import find_officer_by_id
from keyring_admin.parties import Party, list_parties

EXCHANGE_ARTICLE = "8.8"


@dataclass(frozen=True, slots=True)
class Readiness:
    """administrator: one is in force. reading: the fingerprints of its reading certificates in force. patterns: in the
    library in force. protection: agreed. authority: notified for Article 8.8; None: not known, False: not designated.
    overdue: reading certificates that should have been replaced by now."""

    party: Party
    member: bool
    administrator: bool
    reading: tuple[str, ...]
    patterns: bool
    protection: bool
    authority: bool | None
    overdue: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether a sealed query can be routed to it and be answered by officers somebody vouches for."""
        return self.member and self.administrator and bool(self.reading) and self.patterns and self.protection


def readiness(connection: Connection, parties_with_patterns: Collection[str], *, now: datetime) -> list[Readiness]:
    """Every Party, in the order of the codes. parties_with_patterns: codes the library in force recognises."""
    return [_readiness(connection, party, parties_with_patterns, now) for party in list_parties(connection)]


def _readiness(
    connection: Connection, party: Party, parties_with_patterns: Collection[str], now: datetime
) -> Readiness:
    reading = [one for one in reading_certificates(connection, party.code) if one.encryption_key_ids(now)]
    owed = [one for one in rotations(connection, party.code) if one.done_at is None and one.due_at <= now]
    in_force = {one.fingerprint for one in reading}
    # Replaced is replaced, even where nobody has noted it yet.
    overdue = tuple(one.certificate for one in owed if one.certificate in in_force or not in_force)
    notified = [one for one in authorities_of(connection, party.code, on=now.date()) if one.article == EXCHANGE_ARTICLE]
    appointed = list_administrations(connection, party=party.code)
    return Readiness(
        party=party,
        member=party.member_on(now.date()),
        administrator=any(_in_force(connection, one.officer, now) for one in appointed),
        reading=tuple(one.fingerprint for one in reading),
        patterns=party.code in parties_with_patterns,
        protection=party.protection_agreed_on is not None and party.protection_agreed_on <= now.date(),
        authority=notified[0].designated if notified else None,
        overdue=overdue,
    )


def _in_force(connection: Connection, officer_id: int, now: datetime) -> bool:
    officer = find_officer_by_id(connection, officer_id)
    if officer is None or not officer.active or officer.certificate is None:
        return False
    certificate = find_certificate(connection, officer.certificate)
    return certificate is not None and certificate.valid_at(now)
