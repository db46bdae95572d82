"""What the commands of `gsp library` share: the desk of a deployment, and errors people can act on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import click
from sqlalchemy import Connection

from gateway.cli.context import Deployment, friendly_errors
from gateway.library.archive import one_at_a_time
from gateway.library.desk import Desk, Reviewed
from gateway.library.people import People, read_certificates
from gateway.library.problem import LibraryLifeError
from gateway.library_in_force import read_library_file, release_keys
from gateway.settings import Settings
from keyring_admin.database import write_transaction
from pattern_rules.display import display
from pattern_rules.errors import PatternRulesError
from pattern_rules.review import Weight


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """A desk within a transaction. octets: of the library in force, without signatures."""

    connection: Connection
    desk: Desk
    people: People
    octets: bytes
    settings: Settings
    now: datetime


@contextmanager
def library_errors() -> Iterator[None]:
    """A refusal is told in one line, without a traceback."""
    try:
        yield
    except (LibraryLifeError, PatternRulesError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None


@contextmanager
def open_desk(deployment: Deployment) -> Iterator[OpenDesk]:
    """The desk of a deployment, in one transaction that a refusal rolls back."""
    settings, now = deployment.settings, datetime.now(UTC)
    with library_errors(), friendly_errors(), write_transaction(deployment.engine()) as connection:
        one_at_a_time(connection)
        file = settings.path(settings.library.secretariat)
        people = People(connection, read_certificates(file.read_bytes()) if file.exists() else {}, now)
        library, octets = read_library_file(settings.path(settings.library.file), release_keys(settings))
        desk = Desk(connection, people, library, now=now, days=settings.library.valid_days)
        yield OpenDesk(connection, desk, people, octets, settings, now)


def review_lines(reviewed: Reviewed, approvals_missing: int) -> list[str]:
    """A proposal for human eyes: what changes, what stands against it, who must still sign."""
    library = reviewed.library
    origin = (
        f"content of version {reviewed.proposal.rollback_of}"
        if reviewed.proposal.rollback_of is not None
        else f"{len(reviewed.proposal.declarations)} declaration(s)"
    )
    lines = [
        f"Proposed: version {library.version}, {origin}, issued {library.issued}, expires {library.expires}",
        f"SHA-256   {library.sha256}",
    ]
    for change in reviewed.review.changes:
        pattern = library.by_id.get(change.pattern_id)
        mark = " SYNTHETIC" if pattern is not None and pattern.synthetic else ""
        owners = ",".join(sorted(pattern.owners)) if pattern is not None else "-"
        lines.append(f"{change.change:9} {change.pattern_id} ({owners}){mark}")
        for field in change.fields:
            lines += [f"            {field.field}", f"          - {field.before}", f"          + {field.after}"]
    for judged in reviewed.judged:
        remark = judged.remark
        names = " ".join(name for name in (remark.pattern_id, remark.other_id) if name)
        witness = f"  e.g. {display(remark.witness)}" if remark.witness is not None else ""
        if judged.missing:
            standing = f"needs the consent of {', '.join(sorted(judged.missing))}"
        else:
            standing = "settled" if remark.weight is Weight.NEEDS_CONSENT else remark.weight.value
        lines.append(f"{remark.finding}  {names}{witness}  [{standing}]")
    if not reviewed.publishable:
        return [*lines, "It can't be published as it is."]
    if approvals_missing:
        return [*lines, f"Nothing stands against it. Approvals still needed: {approvals_missing}."]
    return [*lines, "Nothing stands against it, and it is approved: `gsp library publish --request FOLDER`."]
