"""`gsp parties`: admit Parties, suspend them, list them."""

from datetime import UTC, date, datetime
from pathlib import Path

import click
from rich.table import Table

from gateway.cli.context import Deployment, console_for_tables, pass_deployment
from gateway.cli.sessions import end_sessions
from keyring_admin.addresses import canonical_domain
from keyring_admin.certificate_store import Purpose, admit_certificate, reading_certificates, withdraw_certificate
from keyring_admin.certificates import examine_certificate
from keyring_admin.directory_error import DirectoryError
from keyring_admin.officers import list_officers
from keyring_admin.parties import Party, admit_party, list_parties, require_party, set_party_active

RESERVED_MAILBOXES = {"query", "resolve", "keys", "forms", "reports", "secretariat", "postmaster", "gateway"}


@click.group()
def parties() -> None:
    """Admit Parties, suspend them, list them."""


@parties.command()
@click.argument("code")
@click.argument("name")
@click.option("--domain", "domains", multiple=True, required=True, help="Mail domain of its officers; may be repeated.")
@click.option("--member-from", type=click.DateTime(["%Y-%m-%d"]), help="First day of membership; today if not given.")
@click.option("--member-until", type=click.DateTime(["%Y-%m-%d"]), help="First day it is no longer a member.")
@click.option(
    "--reading-certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The certificate it reads its mailbox with.",
)
@pass_deployment
def admit(
    deployment: Deployment,
    code: str,
    name: str,
    *,
    domains: tuple[str, ...],
    member_from: datetime | None,
    member_until: datetime | None,
    reading_certificate: Path | None,
) -> None:
    """Admit the Party CODE (two to eight capital letters) with its NAME.

    \b
    gsp parties admit KE "Kenya" --domain customs.example --reading-certificate ke.asc
    """
    if not (2 <= len(code) <= 8 and code.isascii() and code.isalpha() and code == code.upper()):
        raise click.BadParameter("expected two to eight capital letters, such as KE", param_hint="CODE")
    if code.lower() in RESERVED_MAILBOXES:
        raise click.BadParameter("this code is an address of the gateway itself", param_hint="CODE")
    settings = deployment.settings
    with deployment.changing() as (connection, now):
        canonical = tuple(
            canonical_domain(domain, special_use_domains=settings.gateway.special_use_domains) for domain in domains
        )
        if settings.gateway.domain in canonical:
            raise DirectoryError("the gateway's own domain cannot be a Party's mail domain")
        party = Party(
            code=code,
            name=name,
            member_from=member_from.date() if member_from else now.date(),
            member_until=member_until.date() if member_until else None,
            active=True,
            domains=canonical,
        )
        admit_party(connection, party)
    click.echo(f"Party {code} is admitted; its address is {party.mailbox}@{settings.gateway.domain}")
    if reading_certificate is not None:
        _add_reading_certificate(deployment, code, reading_certificate)


@parties.command("reading-certificate")
@click.argument("code")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_deployment
def add_reading_certificate(deployment: Deployment, code: str, file: Path) -> None:
    """Add or refresh a reading certificate of the Party CODE from FILE."""
    _add_reading_certificate(deployment, code, file)


def _add_reading_certificate(deployment: Deployment, code: str, file: Path) -> None:
    settings = deployment.settings
    with deployment.changing() as (connection, now):
        party = require_party(connection, code)
        facts = examine_certificate(
            file.read_bytes(),
            f"{party.mailbox}@{settings.gateway.domain}",
            now=now,
            special_use_domains=settings.gateway.special_use_domains,
            must_sign=False,
        )
        admit_certificate(connection, facts, purpose=Purpose.READING, party=code, now=now)
    click.echo(f"Party {code} reads with {facts.fingerprint}")


@parties.command()
@click.argument("code")
@click.argument("fingerprint")
@click.option("--yes", is_flag=True, help="Do it; without, only say what would be done.")
@pass_deployment
def withdraw(deployment: Deployment, code: str, fingerprint: str, *, yes: bool) -> None:
    """Withdraw a reading certificate of the Party CODE, named by its full FINGERPRINT. It cannot come back."""
    with deployment.changing() as (connection, now):
        known = {certificate.fingerprint for certificate in reading_certificates(connection, code)}
        if fingerprint not in known:
            raise DirectoryError(f"Party {code} has no certificate with this full fingerprint")
        if not yes:
            click.echo(f"would withdraw {fingerprint} of {code} for good; repeat with --yes")
            return
        withdraw_certificate(connection, fingerprint, now=now)
    click.echo(f"{fingerprint} is withdrawn")


@parties.command()
@click.argument("code")
@pass_deployment
def suspend(deployment: Deployment, code: str) -> None:
    """Suspend the Party CODE: nothing from it or to it is accepted any more."""
    with deployment.changing() as (connection, _now):
        set_party_active(connection, code, active=False)
        addresses = [officer.address for officer in list_officers(connection, party=code)]
    click.echo(f"Party {code} is suspended")
    end_sessions(deployment.settings, addresses)


@parties.command()
@click.argument("code")
@pass_deployment
def resume(deployment: Deployment, code: str) -> None:
    """Let a suspended Party in again."""
    with deployment.changing() as (connection, _now):
        set_party_active(connection, code, active=True)
    click.echo(f"Party {code} is active")


@parties.command("list")
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


def _membership(party: Party, today: date) -> str:
    if party.member_from > today:
        return f"from {party.member_from}"
    if party.member_until is not None:
        return f"{'until' if party.member_until > today else 'ended'} {party.member_until}"
    return "yes"
