"""What the Web Key Directory holds now, and the folder it is served from.

Only certificates in force: the gateway's, and of each Party the newest one it reads with. No officers.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from gateway.deployment import GATEWAY_ADDRESSES
from gateway.library.files import replace_file
from gateway.settings import Settings
from keyring_admin.certificate_store import Certificate, gateway_certificates, reading_certificates
from keyring_admin.parties import list_parties
from keyring_admin.web_key_directory import certificate_for, certificate_path, policy_path

WKD = "wkd"  # in the public folder


def certificates_by_address(connection: Connection, settings: Settings, now: datetime) -> dict[str, Certificate]:
    """Which certificate each address of the gateway's domain is found with."""
    domain = settings.gateway.domain
    found: dict[str, Certificate] = {}
    for certificate in gateway_certificates(connection):
        if certificate.fingerprint == settings.gateway.fingerprint and certificate.encryption_key_ids(now):
            found |= {f"{local}@{domain}": certificate for local in GATEWAY_ADDRESSES}
    for party in list_parties(connection):
        usable = [one for one in reading_certificates(connection, party.code) if one.encryption_key_ids(now)]
        if usable and party.member_on(now.date()):
            found[f"{party.mailbox}@{domain}"] = usable[-1]  # the newest: a client takes one
    return found


def wkd_files(certificates: Mapping[str, Certificate], domain: str) -> dict[str, bytes]:
    """Every file by its path, for both methods of the draft. Raises WebKeyError."""
    files = {policy_path(domain, advanced=advanced): b"" for advanced in (False, True)}
    for address, certificate in certificates.items():
        octets = certificate_for(certificate.octets, address)
        files |= {certificate_path(address, advanced=advanced): octets for advanced in (False, True)}
    return files


def write_wkd(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Make the folder hold just these files; return the paths that changed. What is not in force is gone first."""
    changed = [path for path in _present(folder) if path not in files]
    for path in changed:
        (folder / path).unlink()
    for path, octets in files.items():
        file = folder / path
        if file.exists() and file.read_bytes() == octets:
            continue
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        for parent in file.parent.relative_to(folder).parents:
            (folder / parent).chmod(0o755)
        file.parent.chmod(0o755)
        replace_file(file, octets, mode=0o644)
        changed.append(path)
    return sorted(changed)


def _present(folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in sorted(folder.rglob("*")) if file.is_file()]
