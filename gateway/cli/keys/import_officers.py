"""`gsp keys import`: many officers at once, from a table and their certificates."""

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from gateway.chain_words import REFUSALS
from gateway.cli.context import Deployment, friendly_errors, pass_deployment
from gateway.cli.officer_options import READABLE
from gateway.directory_rules import directory_rules
from gateway.words import LANGUAGES, words_in
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.bulk import BulkImport, BulkOfficer, BulkOutcome
from keyring_admin.addresses import AddressError, canonical_address
from keyring_admin.certificate_packets import CertificatePackets, dearmored, read_certificates, split_certificates
from keyring_admin.certificate_refusal import CertificateError, CertificateRefusal
from keyring_admin.directory_error import DirectoryError
from keyring_admin.officers import OfficerKind, Role
from keyring_admin.user_ids import user_id_address
from mailroom.credentials import hash_password, new_password

_COLUMNS = ("address", "party", "roles")
_OPTIONAL = {"language": "en", "kind": OfficerKind.PERSON.value}


@click.command("import")
@click.argument("table", type=READABLE)
@click.argument("certificates", type=click.Path(exists=True, path_type=Path), nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Examine and judge all, change nothing.")
@pass_deployment
def import_command(deployment: Deployment, table: Path, certificates: tuple[Path, ...], *, dry_run: bool) -> None:
    """Admit the officers in TABLE with their CERTIFICATES (files of one or many, or folders of files).

    TABLE is a CSV file with the columns address, party, roles (one space apart), and if wanted language and kind
    (person, machine). A certificate belongs to the address in its User ID. Nobody gets a password: issue them with
    `gsp officers password`. Who is admitted already is left as is, so that the same import can be run again. Exit code
    1: some were refused; each is named with the reason.

    \b
    gsp keys import officers.csv certificates/ --dry-run
    gsp keys import officers.csv certificates/
    """
    rules = directory_rules(deployment.settings)
    refused = list[str]()
    states = dict[str, int]()
    with friendly_errors():
        rows = list(_rows(table, _by_address(certificates, rules.special_use_domains), rules.special_use_domains))
        bulk = BulkImport(deployment.engine(), CUSTODIAN, hash_password(new_password()), rules, datetime.now(UTC))
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("certificates", total=len(rows))
            for outcomes in bulk.run(rows, dry_run=dry_run):
                for outcome in outcomes:
                    if outcome.refused is not None:
                        refused.append(f"{outcome.address}: {_reason(outcome)}")
                    else:
                        state = outcome.state.value if outcome.state is not None else "in force, no root is installed"
                        states[state] = states.get(state, 0) + 1
                progress.advance(task, len(outcomes))
    for line in refused:
        click.echo(line)
    for state, count in sorted(states.items()):
        click.echo(f"{'would be admitted' if dry_run else 'admitted'}, {state}: {count}")
    click.echo(f"refused: {len(refused)}")
    if refused:
        sys.exit(1)


def _reason(outcome: BulkOutcome) -> str:
    if isinstance(outcome.refused, CertificateRefusal):
        return words_in("en").text(REFUSALS[outcome.refused])
    return str(outcome.refused)


def _rows(table: Path, certificates: dict[str, bytes], special: bool) -> Iterator[BulkOfficer]:
    with table.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames is None or not set(_COLUMNS) <= set(reader.fieldnames):
            raise DirectoryError(f"expected a table with the columns {', '.join(_COLUMNS)}")
        seen: set[str] = set()
        for number, row in enumerate(reader, 2):
            values = _OPTIONAL | {key: value.strip() for key, value in row.items() if key and value}
            try:
                address = canonical_address(values.get("address", ""), special_use_domains=special)
                roles = frozenset(Role(role) for role in values.get("roles", "").split())
                kind = OfficerKind(values["kind"])
            except (AddressError, ValueError):
                raise DirectoryError(f"line {number} of the table: address, roles or kind cannot be read") from None
            if Role.ADMINISTER in roles or not roles:
                raise DirectoryError(f"line {number} of the table: expected roles of query, reply, review")
            if values["language"] not in LANGUAGES or address in seen:
                raise DirectoryError(f"line {number} of the table: unknown language, or an address for the second time")
            seen.add(address)
            certificate = certificates.get(address, b"")
            yield BulkOfficer(address, values.get("party", ""), roles, values["language"], kind, certificate)


def _by_address(paths: tuple[Path, ...], special: bool) -> dict[str, bytes]:
    """Every certificate under each address its User IDs hold; of several for one address the table gets none."""
    found: dict[str, bytes] = {}
    for path in paths:
        for file in sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]:
            for packets in _certificates(file):
                for user_id in packets.user_ids:
                    address = user_id_address(user_id.decode("utf-8", errors="replace"), special_use_domains=special)
                    if address is not None:
                        found[address] = found[address] + packets.octets if address in found else packets.octets
    return found


def _certificates(file: Path) -> Iterator[CertificatePackets]:
    """One that can't be read is told, and stops no other."""
    try:
        parts = split_certificates(dearmored(file.read_bytes()))
    except CertificateError as error:
        _told(file, 0, error)
        return
    for number, octets in enumerate(parts, 1):
        try:
            yield from read_certificates(octets)
        except CertificateError as error:
            _told(file, number, error)


def _told(file: Path, number: int, error: CertificateError) -> None:
    click.echo(f"{file}, certificate {number}: {words_in('en').text(REFUSALS[error.reason])}", err=True)
