"""The key log taken out of the database, as `exported.py` has it.

Anybody gets every entry, with the evidence in which no officer is named. A Party's own file holds all evidence about
that Party: signed requests name officers' addresses.
"""

from datetime import datetime

from sqlalchemy import Connection, select

from keyring_admin.acts.rights import Act
from keyring_admin.acts.signers import this_gateway
from keyring_admin.administration_schema import key_log_heads, root_certificates
from keyring_admin.administrators import list_administrations
from keyring_admin.certificate_store import Purpose, find_certificate
from keyring_admin.key_log.chain import Entry
from keyring_admin.key_log.exported import (
    ExportedAdministrator,
    ExportedCertificate,
    ExportedHead,
    ExportedLog,
    ExportHeader,
)
from keyring_admin.key_log.log import entries, evidence_of
from keyring_admin.officers import find_officer_by_id
from keyring_admin.proposals import list_proposals
from keyring_admin.schema import certificates

# Proposals whose text names no officer.
PUBLIC_PROPOSALS = frozenset(
    act.value
    for act in (
        Act.PARTY_ADMITTED,
        Act.PARTY_RESUMED,
        Act.MEMBERSHIP_EXTENDED,
        Act.DOMAIN_ADDED,
        Act.PROTECTION_AGREED,
        Act.READING_REPLACED,
        Act.ROOT_REPLACED,
    )
)


def export_log(
    connection: Connection, *, special_use_domains: bool, now: datetime, party: str | None = None
) -> ExportedLog:
    """Everything at this moment. party: whose evidence is held too."""
    every = tuple(entries(connection))
    root = connection.scalar(select(root_certificates.c.fingerprint).where(root_certificates.c.retired_at.is_(None)))
    evidence = {
        entry.evidence_sha256: octets
        for entry in every
        if entry.evidence_sha256 is not None
        and (is_public(entry) or (party is not None and entry.party == party))
        and (octets := evidence_of(connection, entry)) is not None
    }
    return ExportedLog(
        header=ExportHeader(this_gateway(connection), root, special_use_domains, now),
        certificates=tuple(_certificates(connection, every)),
        administrators=tuple(_administrators(connection)),
        reading=tuple(_reading(connection, now)),
        proposals={
            one.id: one.payload
            for one in list_proposals(connection)
            if one.act in PUBLIC_PROPOSALS or (party is not None and one.party == party)
        },
        entries=every,
        evidence=evidence,
        heads=tuple(_heads(connection)),
    )


def is_public(entry: Entry) -> bool:
    """Whether an entry's evidence names no officer, so that everybody gets it."""
    if entry.act in {"proposal-approved", "proposal-rejected"}:
        return any(f'"act":"{act}"' in entry.details for act in PUBLIC_PROPOSALS)
    return entry.act in PUBLIC_PROPOSALS


def _certificates(connection: Connection, every: tuple[Entry, ...]) -> list[ExportedCertificate]:
    """Roots, people of the Secretariat, reading certificates, and whoever is or was an administrator or has signed."""
    found = [
        ExportedCertificate(row["fingerprint"], "root", None, row["octets"])
        for row in connection.execute(select(root_certificates)).mappings()
    ]
    official = connection.scalars(
        select(certificates.c.fingerprint)
        .where(certificates.c.purpose.in_([Purpose.READING.value, Purpose.SECRETARIAT.value]))
        .order_by(certificates.c.fingerprint)
    )
    wanted = list(official)
    wanted += [one.fingerprint for one in _administrators(connection, ended=True)]
    wanted += [entry.subject for entry in every if entry.act == Act.ADMINISTRATOR_APPOINTED.value and entry.subject]
    wanted += [entry.signed_by for entry in every if entry.signed_by is not None and is_public(entry)]
    for fingerprint in dict.fromkeys(wanted):
        held = find_certificate(connection, fingerprint)
        if held is not None:
            found.append(ExportedCertificate(fingerprint, held.purpose.value, held.party, held.octets))
    return found


def _administrators(connection: Connection, *, ended: bool = False) -> list[ExportedAdministrator]:
    found: list[ExportedAdministrator] = []
    for one in list_administrations(connection, ended=ended):
        officer = find_officer_by_id(connection, one.officer)
        held = {officer.certificate, officer.previous_certificate} - {None} if officer is not None else set()
        found += [
            ExportedAdministrator(one.officer, str(fingerprint), one.party) for fingerprint in sorted(map(str, held))
        ]
    return found


def _reading(connection: Connection, now: datetime) -> list[tuple[str, str]]:
    """What mail is encrypted to now."""
    query = select(certificates.c.fingerprint).where(certificates.c.purpose == Purpose.READING.value)
    found = [find_certificate(connection, fingerprint) for fingerprint in connection.scalars(query).all()]
    return sorted(
        (one.party, one.fingerprint) for one in found if one is not None and one.party is not None and one.valid_at(now)
    )


def _heads(connection: Connection) -> list[ExportedHead]:
    query = select(key_log_heads).order_by(key_log_heads.c.sequence, key_log_heads.c.party)
    return [
        ExportedHead(row["sequence"], row["party"], row["hash"], row["certificate"], row["at"], row["statement"])
        for row in connection.execute(query).mappings()
    ]
