"""What the directory says about the holders of certificates: whose they are, and who may certify whom."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from keyring_admin.administration_schema import administrator_domains, administrators, root_certificates
from keyring_admin.certificate_packets import read_one_certificate
from keyring_admin.certificate_store import Purpose
from keyring_admin.parties import Party, list_parties
from keyring_admin.schema import certificates, officers
from keyring_admin.user_ids import user_id_address


@dataclass(frozen=True, slots=True)
class Appointment:
    """An administrator in office, with one of the certificates that count for them now."""

    fingerprint: str
    octets: bytes
    address: str
    party: str
    domains: frozenset[str]
    regional: bool


def root_octets(connection: Connection) -> bytes | None:
    """The root certificate in force."""
    octets: bytes | None = connection.scalar(
        select(root_certificates.c.octets).where(root_certificates.c.retired_at.is_(None))
    )
    return octets


def appointments(connection: Connection, party: str | None, now: datetime) -> list[Appointment]:
    """Of one Party, or of all. An administrator who replaces a certificate counts with both for the overlap."""
    query = (
        select(administrators, officers.c.address, officers.c.certificate, officers.c.previous_certificate)
        .add_columns(officers.c.previous_until)
        .join(officers, officers.c.id == administrators.c.officer)
        .where(administrators.c.ended_at.is_(None), officers.c.removed_at.is_(None))
        .order_by(administrators.c.id)
    )
    if party is not None:
        query = query.where(administrators.c.party == party)
    found: list[Appointment] = []
    for row in connection.execute(query).mappings().all():
        domains = frozenset(
            connection.scalars(
                select(administrator_domains.c.domain).where(administrator_domains.c.administrator == row["id"])
            )
        )
        held = [row["certificate"]]
        if row["previous_until"] is not None and now < row["previous_until"]:
            held.append(row["previous_certificate"])
        for fingerprint, octets in _octets(connection, [each for each in held if each is not None]).items():
            address, code, regional = row["address"], row["party"], row["region"] is not None
            found.append(Appointment(fingerprint, octets, address, code, domains, regional))
    return found


def holders(connection: Connection, fingerprints: Sequence[str]) -> Mapping[str, str]:
    """The address of the officer who holds each certificate, now or as the one before."""
    found: dict[str, str] = {}
    for column in (officers.c.previous_certificate, officers.c.certificate):
        query = select(column, officers.c.address).where(column.in_(fingerprints), officers.c.removed_at.is_(None))
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


def members(connection: Connection) -> Mapping[str, Party]:
    """All Parties by their codes."""
    return {party.code: party for party in list_parties(connection)}


def gateway_domains(connection: Connection, *, special_use_domains: bool) -> frozenset[str]:
    """The domain of the gateway's own addresses, as its certificate has them."""
    query = select(certificates.c.octets).where(certificates.c.purpose == Purpose.GATEWAY.value)
    domains: set[str] = set()
    for octets in connection.scalars(query):
        for text in read_one_certificate(octets).user_ids:
            address = user_id_address(text.decode("utf-8", errors="replace"), special_use_domains=special_use_domains)
            domains |= {address.rpartition("@")[2]} if address is not None else set()
    return frozenset(domains)


def _octets(connection: Connection, fingerprints: Iterable[str]) -> dict[str, bytes]:
    query = select(certificates.c.fingerprint, certificates.c.octets).where(
        certificates.c.fingerprint.in_(list(fingerprints)), certificates.c.withdrawn_at.is_(None)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
