"""Why somebody has access, or not: the chain from the root to one address, judged now, step by step."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.addresses import canonical_address, domain_of
from keyring_admin.administration_schema import root_certificates
from keyring_admin.certificate_store import Certificate, find_certificate, reading_certificates
from keyring_admin.certificates import describe_certificate
from keyring_admin.chain.derivation import Derivation
from keyring_admin.chain.directory import holders, root_octets
from keyring_admin.chain.judgement import Verdict
from keyring_admin.chain_state import ChainState
from keyring_admin.directory_error import DirectoryError
from keyring_admin.officers import Officer, find_officer
from keyring_admin.parties import Party, find_party, list_parties
from keyring_admin.schema import certificates


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate of the chain. role: root, administrator, officer, reading certificate.

    domains: those an administrator may certify in, each with its end. stored: what the directory has, if that differs.
    """

    role: str
    fingerprint: str
    address: str
    state: ChainState
    until: datetime | None
    certifier: str | None = None
    domains: tuple[tuple[str, datetime | None], ...] = ()
    stored: ChainState | None = None
    withdrawn_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The chain to one address. officer: None for a Party's mailbox. links: from the root down."""

    address: str
    party: Party
    officer: Officer | None
    links: tuple[Link, ...]

    @property
    def last(self) -> Link | None:
        """The certificate in question, the newest of several."""
        return self.links[-1] if self.links and self.links[-1].role in {"officer", "reading certificate"} else None


def explain(connection: Connection, text: str, *, rules: DirectoryRules, now: datetime) -> Explanation:
    """Raises DirectoryError if nobody has this address, AddressError, GnuPGError."""
    address = canonical_address(text, special_use_domains=rules.special_use_domains)
    party, officer, held = _holder(connection, address, rules)
    links = [*_root(connection), *_administrators(connection, party, rules, now)]
    derivation = _derivation(connection, rules, now)
    for certificate in held:
        verdict = Verdict(certificate.chain, certificate.chain_until)
        if derivation is not None:
            rows = connection.execute(
                select(certificates).where(certificates.c.fingerprint == certificate.fingerprint)
            ).mappings()
            verdict = derivation.verdicts(party.code, list(rows))[certificate.fingerprint]
        links.append(
            Link(
                role="officer" if officer is not None else "reading certificate",
                fingerprint=certificate.fingerprint,
                address=address,
                state=verdict.state,
                until=verdict.until,
                certifier=verdict.certifier,
                stored=certificate.chain if certificate.chain is not verdict.state else None,
                withdrawn_at=certificate.withdrawn_at,
                expires_at=certificate.keys[0].expires_at,
            )
        )
    return Explanation(address, party, officer, tuple(links))


def _holder(
    connection: Connection, address: str, rules: DirectoryRules
) -> tuple[Party, Officer | None, list[Certificate]]:
    if domain_of(address) == rules.gateway_domain:
        mailbox = address.partition("@")[0]
        party = next((each for each in list_parties(connection) if each.mailbox == mailbox), None)
        if party is None:
            raise DirectoryError("no Party has this address; `gsp parties list` shows them")
        return party, None, reading_certificates(connection, party.code)
    officer = find_officer(connection, address)
    party = find_party(connection, officer.party) if officer is not None else None
    if officer is None or party is None:
        raise DirectoryError("no officer has this address; `gsp officers list` shows them")
    held = [find_certificate(connection, each) for each in (officer.previous_certificate, officer.certificate) if each]
    return party, officer, [each for each in held if each is not None]


def _derivation(connection: Connection, rules: DirectoryRules, now: datetime) -> Derivation | None:
    if connection.scalar(select(root_certificates.c.fingerprint).limit(1)) is None:
        return None
    return Derivation(connection, root_octets(connection), now, rules.special_use_domains)


def _root(connection: Connection) -> Iterator[Link]:
    octets = root_octets(connection)
    if octets is not None:
        primary = describe_certificate(octets).keys[0]
        state = ChainState.REVOKED if primary.revoked else ChainState.IN_FORCE
        yield Link("root", primary.fingerprint, "", state, primary.expires_at, expires_at=primary.expires_at)


def _administrators(connection: Connection, party: Party, rules: DirectoryRules, now: datetime) -> Iterator[Link]:
    derivation = _derivation(connection, rules, now)
    if derivation is None or root_octets(connection) is None:
        return
    judged, _octets = derivation.judged_administrators(party.code)
    addresses = holders(connection, [each.fingerprint for each in judged])
    for each in judged:
        role = "regional administrator" if each.regional else "administrator"
        domains = tuple(sorted(each.domains.items()))
        state, until = each.verdict.state, each.verdict.until
        address = addresses.get(each.fingerprint, "")
        yield Link(role, each.fingerprint, address, state, until, each.verdict.certifier, domains)
