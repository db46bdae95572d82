"""`gsp parties list`, `show` and `readiness`: what the directory says of each Party. Nothing is changed."""

import json
from datetime import UTC, date, datetime

import click
from rich.table import Table

from gateway.cli.context import Deployment, console_for_tables, friendly_errors, pass_deployment
from gateway.library.problem import LibraryLifeError
from gateway.library_in_force import read_library_file, release_keys
from gateway.settings import Settings
from keyring_admin.acts.rotation import rotations
from keyring_admin.administrators import list_administrations
from keyring_admin.authorities import ARTICLES, Authority, authorities_of
from keyring_admin.certificate_store import reading_certificates
from keyring_admin.officers import find_officer_by_id, list_officers
from keyring_admin.parties import Party, list_parties, names_of_party, require_party
from keyring_admin.readiness import Readiness, readiness
from pattern_rules.errors import PatternRulesError
from pattern_rules.library import Status


@click.command("list")
@pass_deployment
def list_command(deployment: Deployment) -> None:
    """List the Parties."""
    now = datetime.now(UTC)
    table = Table("code", "name", "member", "active", "mail domains", "reads with")
    with deployment.reading() as connection:
        for party in list_parties(connection):
            certificates = reading_certificates(connection, party.code)
            readable = [certificate.fingerprint for certificate in certificates if certificate.encryption_key_ids(now)]
            table.add_row(
                party.code,
                party.name,
                _membership(party, now.date()),
                "yes" if party.active else "suspended",
                "\n".join(party.domains),
                "\n".join(readable) or "none: mail to it is refused",
            )
    console_for_tables().print(table)


@click.command()
@click.argument("code")
@pass_deployment
def show(deployment: Deployment, code: str) -> None:
    """Show everything the directory says of the Party CODE."""
    now = datetime.now(UTC)
    with friendly_errors(), deployment.reading() as connection:
        party = require_party(connection, code)
        lines = [
            ("Party", f"{party.code}  {party.name}"),
            *((f"name ({language})", name) for language, name in names_of_party(connection, code).items()),
            ("address", f"{party.mailbox}@{deployment.settings.gateway.domain}"),
            ("member", f"{_membership(party, now.date())}{'' if party.active else ', SUSPENDED'}"),
            ("mail domains", ", ".join(party.domains)),
            ("protection", f"agreed on {party.protection_agreed_on}" if party.protection_agreed_on else "not agreed"),
        ]
        for certificate in reading_certificates(connection, code):
            state = "in force" if certificate.encryption_key_ids(now) else "not in force"
            lines.append(("reads with", f"{certificate.fingerprint}  {state}, chain {certificate.chain.value}"))
        for one in list_administrations(connection, party=code):
            officer = find_officer_by_id(connection, one.officer)
            reach = one.region or "the whole Party"
            address = officer.address if officer is not None else "?"
            lines.append(("administrator", f"{address}  {reach}: {', '.join(one.domains)}"))
        lines.append(("officers", str(sum(one.active for one in list_officers(connection, party=code)))))
        standing = {one.article: one for one in authorities_of(connection, code, on=now.date())}
        lines += [(f"Article {article}", _authority(standing.get(article))) for article in ARTICLES]
        lines += [
            ("rotation", f"{one.certificate} has to go by {one.due_at:%Y-%m-%d} ({one.reason})")
            for one in rotations(connection, code)
            if one.done_at is None
        ]
    for name, value in lines:
        click.echo(f"{name:16}{value}")


@click.command("readiness")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a Party.")
@pass_deployment
def readiness_command(deployment: Deployment, *, as_json: bool) -> None:
    """What each Party still lacks: administrator, reading certificate, patterns, agreed protection; what is overdue."""
    now = datetime.now(UTC)
    patterns = _parties_with_patterns(deployment.settings, now.date())
    with deployment.reading() as connection:
        found = readiness(connection, patterns, now=now)
    if as_json:
        for one in found:
            click.echo(json.dumps(_as_object(one)))
        return
    table = Table("Party", "ready", "member", "administrator", "reads with", "patterns", "protection", "8.8", "overdue")
    for one in found:
        table.add_row(
            one.party.code,
            *(_yes(value) for value in (one.ready, one.member, one.administrator)),
            "\n".join(one.reading) or "none",
            *(_yes(value) for value in (one.patterns, one.protection)),
            {True: "yes", False: "not designated", None: "not known"}[one.authority],
            "\n".join(f"replace {fingerprint}" for fingerprint in one.overdue) or "-",
        )
    console_for_tables().print(table)


def _parties_with_patterns(settings: Settings, today: date) -> frozenset[str]:
    """The Parties the library in force recognises UIDs for; none if there is no library that may be used."""
    file = settings.path(settings.library.file)
    try:
        library, _octets = read_library_file(file, release_keys(settings))
    except (LibraryLifeError, PatternRulesError, OSError):
        click.echo("the pattern library cannot be used: no Party has patterns; see `gsp library log`", err=True)
        return frozenset()
    if library.expires < today:
        click.echo("the pattern library has expired: no Party has patterns", err=True)
        return frozenset()
    living = [pattern for pattern in library.patterns if pattern.status is Status.ACTIVE]
    return frozenset(code for pattern in living for code in pattern.owners)


def _as_object(one: Readiness) -> dict[str, object]:
    return {
        "party": one.party.code,
        "ready": one.ready,
        "member": one.member,
        "administrator": one.administrator,
        "reading_certificates": list(one.reading),
        "patterns": one.patterns,
        "protection": one.protection,
        "authority_8_8": {True: "designated", False: "not-designated", None: "not-known"}[one.authority],
        "overdue": list(one.overdue),
    }


def _membership(party: Party, today: date) -> str:
    if party.member_from > today:
        return f"from {party.member_from}"
    if party.member_until is not None:
        return f"{'until' if party.member_until > today else 'ended'} {party.member_until}"
    return "yes"


def _authority(authority: Authority | None) -> str:
    if authority is None:
        return "not known"
    if not authority.designated:
        return f"not designated (told on {authority.since})"
    declared = {True: "governmental", False: "NOT governmental", None: "not declared to be governmental"}
    contact = ", ".join(
        text for text in (authority.contact_name, authority.contact_address, authority.contact_telephone) if text
    )
    return f"{authority.name} ({declared[authority.governmental]}){f'; {contact}' if contact else ''}"


def _yes(value: bool) -> str:
    return "yes" if value else "NO"
