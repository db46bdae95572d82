"""`gsp officers machine-certificate`: a TLS client certificate instead of a password, for machines."""

from pathlib import Path

import click

from gateway.cli.acting import acting
from gateway.cli.context import Deployment, pass_deployment
from gateway.cli.sessions import end_sessions
from gateway.machine_authority import AUTHORITY_FILE, MachineCertificateError, issue, make_authority
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.machines import pin_machine
from keyring_admin.addresses import canonical_address


@click.command("machine-certificate")
@click.argument("address")
@click.option(
    "--csr",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificate signing request of the machine, PEM.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Where the certificate is written.")
@click.option("--days", type=click.IntRange(1, 1100), default=365, show_default=True)
@click.option("--revoke", is_flag=True, help="Take the certificate away, at once, and issue none.")
@pass_deployment
def machine_certificate(
    deployment: Deployment, address: str, *, csr: Path | None, output: Path | None, days: int, revoke: bool
) -> None:
    """Issue a TLS client certificate to the machine with ADDRESS; one it had before ends at once.

    With it the machine logs in by AUTH EXTERNAL at SMTP and IMAP, without a password.

    \b
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \\
        -keyout machine.key -subj /CN=machine -out machine.csr
    gsp officers machine-certificate robot@customs.example --csr machine.csr --output machine.pem
    gsp officers machine-certificate robot@customs.example --revoke
    """
    if revoke == (csr is not None) or (csr is not None and output is None):
        raise click.UsageError("give --csr and --output, or --revoke")
    settings = deployment.settings
    new, certificate, pin = False, b"", None
    if csr is not None:
        new = make_authority(settings.folder, settings.gateway.domain)
        try:
            certificate, pin = issue(settings.folder, csr.read_bytes(), days=days)
        except MachineCertificateError as error:
            raise click.ClickException(str(error)) from None
    with acting(deployment) as at:
        canonical = canonical_address(address, special_use_domains=at.rules.special_use_domains)
        officer = pin_machine(at.connection, CUSTODIAN, canonical, pin, now=at.now)
    end_sessions(settings, [officer.address])
    if pin is None or output is None:
        click.echo(f"{officer.address} has no TLS client certificate any more")
        return
    output.write_bytes(certificate)
    click.echo(f"{output}: certificate of {officer.address} for {days} days")
    if new:
        path = settings.path(AUTHORITY_FILE)
        click.echo(f"{path} is new: restart the gateway once, so that SMTP and IMAP ask for such certificates")
