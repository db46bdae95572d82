"""`gsp init`: make a deployment."""

from pathlib import Path

import click

from gateway.deployment import DeploymentError, make_deployment
from gateway.resolve import RESOLVE_IS_ON
from keyring_admin.gateway_key import GatewayKeyError


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--domain", required=True, help="Mail domain of the gateway, for instance gsp.example.org.")
@click.option("--pilot", is_flag=True, help="A pilot: marked TEST everywhere, left out of statistics.")
@click.option("--submission-port", default=10465, show_default=True, help="Submission with implicit TLS.")
@click.option("--starttls-port", default=10587, show_default=True, help="Submission with STARTTLS.")
@click.option("--imap-port", default=10993, show_default=True, help="IMAP with implicit TLS.")
@click.option("--resolve", is_flag=True, help="Serve resolve@: the gateway can read the UIDs asked there.")
def init(
    folder: Path,
    domain: str,
    *,
    pilot: bool,
    submission_port: int,
    starttls_port: int,
    imap_port: int,
    resolve: bool,
) -> None:
    """Make a deployment in FOLDER: configuration, the gateway's certificate, a development TLS certificate, database.

    \b
    gsp init /srv/gsp --domain gsp.example.org
    gsp init /tmp/pilot --domain gsp.test --pilot
    """
    try:
        made = make_deployment(
            folder,
            domain,
            pilot=pilot,
            submission_port=submission_port,
            starttls_port=starttls_port,
            imap_port=imap_port,
            resolve=resolve,
        )
    except (DeploymentError, GatewayKeyError) as error:
        raise click.ClickException(str(error)) from None
    fingerprint = " ".join(made.fingerprint[start : start + 4] for start in range(0, len(made.fingerprint), 4))
    click.echo(f"""\
The deployment is in {made.folder}{" (a PILOT: everything is marked TEST)" if pilot else ""}.
{RESOLVE_IS_ON if resolve else "resolve@ is off: the gateway can read no UID."}

The gateway's certificate has the fingerprint
    {fingerprint}
Print it and hand it out on paper: officers compare it before they trust the certificate
    {made.folder}/gateway-certificate.asc

Next, with  export GSP_CONFIG={made.folder}/gsp.toml
    gsp config check
    gsp parties admit KE "Kenya" --domain customs.example --reading-certificate ke.asc
    gsp officers admit alice@customs.example --party KE --certificate alice.asc --role query --role reply
    gsp directory export > directory.json        what officers' tools need: certificates and addresses
    gsp serve                                    starts the gateway with its own mailbox server

Before anybody outside uses it: replace the development TLS certificate ({made.folder}/tls/), set hosts and ports in
gsp.toml, and read docs/operator.md.""")
