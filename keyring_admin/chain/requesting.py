"""What the directory asks to be certified: the request for an officer, an administrator, or a Party's mailbox."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from keyring_admin.acts.root import root_in_force
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.addresses import canonical_address, domain_of
from keyring_admin.certificate_packets import read_one_certificate
from keyring_admin.certificate_store import Certificate, find_certificate, reading_certificates
from keyring_admin.chain.directory import Appointment, appointments
from keyring_admin.chain.requests import CertificationRequest, RequestKind
from keyring_admin.directory_error import DirectoryError
from keyring_admin.officers import find_officer
from keyring_admin.parties import list_parties
from keyring_admin.user_ids import user_id_address


def request_for(connection: Connection, text: str, *, rules: DirectoryRules, now: datetime) -> CertificationRequest:
    """The request for the certificate behind an address: an officer's, or a Party's at the gateway's domain.

    Raises DirectoryError, AddressError.
    """
    address = canonical_address(text, special_use_domains=rules.special_use_domains)
    root = root_in_force(connection)
    if root is None:
        raise DirectoryError("no root is installed: nothing needs a certification yet (`gsp keys root install`)")
    if domain_of(address) == rules.gateway_domain:
        return _reading(connection, address, root.fingerprint, rules, now)
    officer = find_officer(connection, address)
    held = find_certificate(connection, officer.certificate) if officer is not None and officer.certificate else None
    if officer is None or held is None or officer.removed_at is not None:
        raise DirectoryError("no officer with a certificate has this address; `gsp officers list` shows them")
    appointed = appointments(connection, officer.party, now)
    own = [each for each in appointed if each.fingerprint == held.fingerprint]
    if own:
        domains = tuple(sorted(own[0].domains - {rules.gateway_domain}))
        return _request(RequestKind.ADMINISTRATOR, held, address, (root.fingerprint,), rules, domains=domains)
    certifiers = _fingerprints(each for each in appointed if domain_of(address) in each.domains)
    return _request(RequestKind.OFFICER, held, address, certifiers, rules)


def _reading(
    connection: Connection, address: str, root: str, rules: DirectoryRules, now: datetime
) -> CertificationRequest:
    mailbox = address.partition("@")[0]
    code = next((party.code for party in list_parties(connection) if party.mailbox == mailbox), None)
    held = [each for each in reading_certificates(connection, code or "") if each.withdrawn_at is None]
    if code is None or not held:
        raise DirectoryError("no Party with a reading certificate has this address; `gsp parties list` shows them")
    certifiers = _fingerprints(each for each in appointments(connection, code, now) if not each.regional)
    return _request(RequestKind.READING, held[-1], address, (root, *certifiers), rules)


def _fingerprints(appointed: Iterable[Appointment]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.fingerprint for each in appointed))


def _request(
    kind: RequestKind,
    certificate: Certificate,
    address: str,
    certifiers: tuple[str, ...],
    rules: DirectoryRules,
    *,
    domains: tuple[str, ...] = (),
) -> CertificationRequest:
    packets = read_one_certificate(certificate.octets)
    for user_id in packets.user_ids:
        text = user_id.decode("utf-8", errors="replace")
        if user_id_address(text, special_use_domains=rules.special_use_domains) == address:
            return CertificationRequest(
                kind=kind,
                fingerprint=certificate.fingerprint,
                user_id=text,
                party=certificate.party or "",
                domains=domains,
                certifiers=certifiers,
                octets=packets.octets,
            )
    raise DirectoryError("no User ID of the certificate holds this address")
