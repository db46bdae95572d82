"""What the desk remembers, in the database. The caller owns the transaction."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, text, update

from gateway.library.people import Document
from gateway.library.schema import (
    library_approvals,
    library_consents,
    library_declarations,
    library_proposals,
    library_versions,
)
from gateway.library.statements import Consent, Effect

PENDING, PUBLISHED, WITHDRAWN, REFUSED = "pending", "published", "withdrawn", "refused"


@dataclass(frozen=True, slots=True)
class StoredDeclaration:
    """A declaration as it came. form: canonical octets. state: pending, published, withdrawn or refused."""

    sha256: str
    party: str
    certificate: str
    signed_at: datetime
    received_at: datetime
    synthetic: bool
    state: str
    version: int | None
    form: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredConsent:
    """A consent and who signed it."""

    consent: Consent
    certificate: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """The library that is to be the next version. declarations: SHA-256 of those it holds."""

    sha256: str
    number: int
    made_at: datetime
    rollback_of: int | None
    declarations: tuple[str, ...]
    octets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredApproval:
    """Who approved. party: "" for the Secretariat."""

    certificate: str
    party: str
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A published version. released: with both signatures; None for what a deployment started with."""

    number: int
    sha256: str
    predecessor: str
    issued: date
    expires: date
    published_at: datetime
    rollback_of: int | None
    octets: bytes = field(repr=False)
    released: bytes | None = field(repr=False)


def one_at_a_time(connection: Connection) -> None:
    """Keep every other desk out until this transaction ends: what it has read stays true. SQLite locks by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {library_proposals.name} IN SHARE ROW EXCLUSIVE MODE"))


def add_declaration(
    connection: Connection,
    document: Document,
    *,
    sha256: str,
    form: bytes,
    synthetic: bool,
    now: datetime,
    state: str = PENDING,
) -> None:
    """Store a declaration, pending or refused; what was refused before gives way to it."""
    table = library_declarations
    connection.execute(delete(table).where(table.c.sha256 == sha256, table.c.state == REFUSED))
    connection.execute(
        insert(library_declarations).values(
            sha256=sha256,
            party=document.person.party,
            certificate=document.person.certificate,
            signed_at=document.signed_at,
            received_at=now,
            synthetic=synthetic,
            form=form,
            message=document.octets,
            state=state,
        )
    )


def declarations(connection: Connection, *, state: str | None = None) -> list[StoredDeclaration]:
    """Declarations in the order they came; without a state, all but the refused ones, which count for nothing."""
    query = select(library_declarations).order_by(library_declarations.c.id)
    if state is not None:
        query = query.where(library_declarations.c.state == state)
    else:
        query = query.where(library_declarations.c.state != REFUSED)
    names = ("sha256", "party", "certificate", "signed_at", "received_at", "synthetic", "state", "version", "form")
    return [StoredDeclaration(**{name: row[name] for name in names}) for row in connection.execute(query).mappings()]


def settle_declaration(connection: Connection, sha256: str, state: str, version: int | None = None) -> None:
    """A declaration is published or withdrawn."""
    condition = library_declarations.c.sha256 == sha256
    connection.execute(update(library_declarations).where(condition).values(state=state, version=version))


def add_consent(connection: Connection, document: Document, consent: Consent, now: datetime) -> None:
    """Store a consent."""
    connection.execute(
        insert(library_consents).values(
            party=consent.party,
            pattern=consent.pattern_id,
            other_pattern=consent.other_id,
            document=consent.document,
            effect=consent.effect.value,
            certificate=document.person.certificate,
            received_at=now,
            message=document.octets,
        )
    )


def consents(connection: Connection) -> list[StoredConsent]:
    """All consents in the order they came."""
    rows = connection.execute(select(library_consents).order_by(library_consents.c.id)).mappings()
    return [
        StoredConsent(
            Consent(row["party"], row["pattern"], row["other_pattern"], row["document"], Effect(row["effect"])),
            row["certificate"],
        )
        for row in rows
    ]


def open_proposal(connection: Connection, proposal: Proposal) -> None:
    """Make this the one open proposal."""
    close_proposals(connection)
    connection.execute(
        insert(library_proposals).values(
            sha256=proposal.sha256,
            number=proposal.number,
            octets=proposal.octets,
            made_at=proposal.made_at,
            rollback_of=proposal.rollback_of,
            declarations="\n".join(proposal.declarations),
            open=True,
        )
    )


def close_proposals(connection: Connection) -> None:
    """No proposal is open any more; approvals of them stay as evidence."""
    connection.execute(update(library_proposals).values(open=False))


def proposal_of(connection: Connection, sha256: str) -> Proposal | None:
    """The proposal with this hash, open or not."""
    query = select(library_proposals).where(library_proposals.c.sha256 == sha256)
    row = connection.execute(query).mappings().first()
    return _proposal(row) if row else None


def the_open_proposal(connection: Connection) -> Proposal | None:
    """The proposal that is open, if there is one."""
    row = connection.execute(select(library_proposals).where(library_proposals.c.open)).mappings().first()
    return _proposal(row) if row else None


def reopen_proposal(connection: Connection, sha256: str) -> None:
    """A proposal that was made before is the open one again, with its approvals."""
    close_proposals(connection)
    condition = library_proposals.c.sha256 == sha256
    connection.execute(update(library_proposals).where(condition).values(open=True))


def add_approval(connection: Connection, document: Document, library_sha256: str) -> None:
    """Store an approval."""
    connection.execute(
        insert(library_approvals).values(
            library_sha256=library_sha256,
            certificate=document.person.certificate,
            party=document.person.party,
            approved_at=document.signed_at,
            message=document.octets,
        )
    )


def approvals(connection: Connection, library_sha256: str) -> list[StoredApproval]:
    """Who approved this library."""
    condition = library_approvals.c.library_sha256 == library_sha256
    rows = connection.execute(select(library_approvals).where(condition).order_by(library_approvals.c.id)).mappings()
    return [StoredApproval(row["certificate"], row["party"], row["approved_at"]) for row in rows]


def add_version(connection: Connection, version: Version) -> None:
    """Store a published version."""
    names = (
        "number",
        "sha256",
        "predecessor",
        "issued",
        "expires",
        "published_at",
        "rollback_of",
        "octets",
        "released",
    )
    connection.execute(insert(library_versions).values({name: getattr(version, name) for name in names}))


def versions(connection: Connection) -> list[Version]:
    """All versions, the oldest first."""
    rows = connection.execute(select(library_versions).order_by(library_versions.c.number)).mappings()
    return [Version(**row) for row in rows]


def released_before(connection: Connection, number: int, *, at_most: int) -> list[tuple[int, bytes]]:
    """The signed files of the versions before this one, with their numbers, the newest first."""
    table = library_versions
    query = (
        select(table.c.number, table.c.released)
        .where(table.c.number < number, table.c.released.is_not(None))
        .order_by(table.c.number.desc())
        .limit(at_most)
    )
    return [(row.number, row.released) for row in connection.execute(query)]


def _proposal(row: RowMapping) -> Proposal:
    return Proposal(
        sha256=row["sha256"],
        number=row["number"],
        made_at=row["made_at"],
        rollback_of=row["rollback_of"],
        declarations=tuple(row["declarations"].split()),
        octets=row["octets"],
    )


def newest_published(connection: Connection) -> int:
    """The highest number this deployment has published, 0 if none."""
    return connection.scalar(select(func.max(library_versions.c.number))) or 0
