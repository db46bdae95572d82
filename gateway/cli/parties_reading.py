"""`gsp parties reading-certificate` and `withdraw`: what a Party reads its mailbox with."""

from pathlib import Path

import click

from gateway.cli.acting import At, act_or_propose, acting
from gateway.cli.context import Deployment, pass_deployment
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.proposable import Payload, octets_text
from keyring_admin.acts.reading import (
    admit_reading_certificate,
    examine_reading_certificate,
    withdraw_reading_certificate,
)
from keyring_admin.acts.signers import this_gateway
from keyring_admin.acts.statements import Succession, write_succession
from keyring_admin.certificate_store import reading_certificates
from keyring_admin.certificates import CertificateFacts
from keyring_admin.directory_error import DirectoryError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("reading-certificate")
@click.argument("code")
@click.argument("file", type=_FILE)
@click.option("--print", "printing", is_flag=True, help="Print the statement that names FILE as successor, to sign.")
@click.option("--succession", type=_FILE, help="That statement, signed with the certificate that is replaced.")
@pass_deployment
def reading_certificate_command(
    deployment: Deployment, code: str, file: Path, *, printing: bool, succession: Path | None
) -> None:
    """Add or refresh a reading certificate of the Party CODE from FILE.

    Once a root is installed, one that replaces another is named by its predecessor; where that key is lost, two people
    sign and it is public for seven days.

    \b
    gsp parties reading-certificate EU new.asc --print > succession.txt
    gpg --local-user OLD_FINGERPRINT --armor --sign succession.txt
    gsp parties reading-certificate EU new.asc --succession succession.txt.asc
    """
    if printing:
        click.echo(_succession(deployment, code, file).decode("utf-8"), nl=False)
    else:
        add_reading_certificate(deployment, code, file, succession)


@click.command()
@click.argument("code")
@click.argument("fingerprint")
@click.option("--yes", is_flag=True, help="Do it; without, only say what would be done.")
@pass_deployment
def withdraw(deployment: Deployment, code: str, fingerprint: str, *, yes: bool) -> None:
    """Withdraw a reading certificate of the Party CODE, named by its full FINGERPRINT. It cannot come back."""
    with acting(deployment) as at:
        if fingerprint not in {certificate.fingerprint for certificate in reading_certificates(at.connection, code)}:
            raise DirectoryError(f"Party {code} has no certificate with this full fingerprint")
        if not yes:
            click.echo(f"would withdraw {fingerprint} of {code} for good; repeat with --yes")
            return
        withdraw_reading_certificate(at.connection, CUSTODIAN, code, fingerprint, now=at.now)
    click.echo(f"{fingerprint} is withdrawn")


def add_reading_certificate(deployment: Deployment, code: str, file: Path, succession: Path | None) -> None:
    """Admit the certificate in FILE, or open a proposal for it."""
    octets = file.read_bytes()
    statement = succession.read_bytes() if succession is not None else None

    def perform(at: At) -> CertificateFacts:
        return admit_reading_certificate(
            at.connection, CUSTODIAN, code, octets, succession=statement, rules=at.rules, now=at.now
        )

    def payload(at: At) -> Payload:
        facts = examine_reading_certificate(at.connection, code, octets, rules=at.rules, now=at.now)
        replaced = [one.fingerprint for one in reading_certificates(at.connection, code) if one.valid_at(at.now)]
        return {"certificate": octets_text(facts.octets), "fingerprint": facts.fingerprint, "replaces": replaced}

    facts = act_or_propose(deployment, perform, payload, party=code)
    click.echo(f"Party {code} reads with {facts.fingerprint}")


def _succession(deployment: Deployment, code: str, file: Path) -> bytes:
    with acting(deployment) as at:
        facts = examine_reading_certificate(at.connection, code, file.read_bytes(), rules=at.rules, now=at.now)
        old = [
            one.fingerprint
            for one in reading_certificates(at.connection, code)
            if one.valid_at(at.now) and one.fingerprint != facts.fingerprint
        ]
        if not old:
            raise DirectoryError(f"Party {code} has no other reading certificate in force: nothing to sign")
        return write_succession(Succession(this_gateway(at.connection), code, old[-1], facts.fingerprint))
