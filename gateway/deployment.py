"""Making a deployment: folder, keys, TLS certificate, configuration, library, database."""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from gateway.delivered_mail import PILOT_MARK
from gateway.development_tls import write_development_tls
from gateway.settings import Settings, load_settings
from gateway.state import open_state, upgrade_database
from keyring_admin.addresses import AddressError, canonical_domain
from keyring_admin.certificate_store import Purpose, admit_certificate
from keyring_admin.certificates import examine_certificate
from keyring_admin.database import write_transaction
from keyring_admin.gateway_key import create_gateway_certificate, export_certificate
from keyring_admin.openpgp.armor import ArmorKind, enarmor

GATEWAY_CERTIFICATE = "gateway-certificate.asc"  # for officers, in the deployment's folder
# The addresses the gateway itself reads (DESIGN §4); mail clients insist on a User ID for each.
GATEWAY_ADDRESSES = ("query", "resolve", "keys", "forms")

_RESOLVE = """
# The gateway can read the UIDs asked at resolve@, in memory, for the time of an answer.
[resolve]
enabled = true
"""


class DeploymentError(RuntimeError):
    """The deployment cannot be made; the text says what to do."""


@dataclass(frozen=True, slots=True)
class MadeDeployment:
    """What `gsp init` made."""

    folder: Path
    fingerprint: str


def make_deployment(
    folder: Path,
    domain: str,
    *,
    pilot: bool,
    submission_port: int,
    starttls_port: int,
    imap_port: int,
    resolve: bool = False,
) -> MadeDeployment:
    """Make a deployment in an empty or new folder. resolve: serve `resolve@`.

    Raises DeploymentError or GatewayKeyError.
    """
    try:
        domain = canonical_domain(domain, special_use_domains=pilot)
    except AddressError:
        hint = "" if pilot else "; domains such as .test need --pilot"
        raise DeploymentError(f"--domain: expected a mail domain such as gsp.example.org{hint}") from None
    folder = folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise DeploymentError(f"{folder} is not empty: choose another folder, or empty it yourself")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    addresses = [f"{local}@{domain}" for local in GATEWAY_ADDRESSES]
    label = f"GSP gateway {PILOT_MARK}" if pilot else "GSP gateway"
    fingerprint = create_gateway_certificate(folder / "gnupg", addresses, label=label)
    write_development_tls(folder / "tls", domain)
    library = files("pattern_rules").joinpath("data/core-library.toml").read_bytes()
    (folder / "library.toml").write_bytes(library)
    ports = (submission_port, starttls_port, imap_port)
    configuration = _configuration(domain, fingerprint, pilot, ports) + (_RESOLVE if resolve else "")
    (folder / "gsp.toml").write_text(configuration, encoding="utf-8")
    settings = load_settings(folder / "gsp.toml")
    upgrade_database(settings)
    admit_gateway(settings)
    return MadeDeployment(folder, fingerprint)


def admit_gateway(settings: Settings) -> None:
    """Put the gateway's own certificate into its directory, as GnuPG has it now; and write it out for officers."""
    now = datetime.now(UTC)
    octets = export_certificate(settings.gnupg_home, settings.gateway.fingerprint)
    facts = examine_certificate(octets, f"query@{settings.gateway.domain}", now=now, special_use_domains=True)
    with write_transaction(open_state(settings)) as connection:
        admit_certificate(connection, facts, purpose=Purpose.GATEWAY, party=None, now=now)
    settings.path(GATEWAY_CERTIFICATE).write_bytes(enarmor(facts.octets, ArmorKind.PUBLIC_KEY))


def _configuration(domain: str, fingerprint: str, pilot: bool, ports: tuple[int, int, int]) -> str:
    submission_port, starttls_port, imap_port = ports
    flag = str(pilot).lower()
    return f"""\
# Configuration of a GSP gateway. docs/configuration.md explains every key; what is not here has its default.

[gateway]
domain = "{domain}"
fingerprint = "{fingerprint}"
pilot = {flag}
special_use_domains = {flag}

[submission]
host = "127.0.0.1"
tls_port = {submission_port}
starttls_port = {starttls_port}

[mailboxes]
imap_host = "127.0.0.1"
imap_port = {imap_port}
"""
