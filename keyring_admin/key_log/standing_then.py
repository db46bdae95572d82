"""Who was who, as the file itself and the root show it: at the moment of an entry, and now."""

from collections.abc import Callable
from datetime import datetime

from keyring_admin.acts.rights import Act
from keyring_admin.addresses import domain_of
from keyring_admin.certificate_packets import read_one_certificate
from keyring_admin.certificate_refusal import CertificateError
from keyring_admin.chain.judgement import Administrator, Judge
from keyring_admin.chain.signatures import SignedCertificate, signed_certificates
from keyring_admin.chain_state import ChainState
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.chain import Entry
from keyring_admin.key_log.exported import ExportedLog
from keyring_admin.key_log.replay import ROOT_ACTS, Appointed, Replay, details_of
from keyring_admin.signed_message import read_signed_message
from keyring_admin.user_ids import user_id_address


class Registry:
    """The certificates of an exported log, and what the root's certifications in them make of their holders.

    The domains of Parties and the appointments come from the log, the certifications from the certificates; what the
    file says about either in other lines is not believed.
    """

    def __init__(self, log: ExportedLog, root: str | None) -> None:
        self._log = log
        self._octets = {one.fingerprint: one.octets for one in log.certificates}
        self._replay = Replay()
        self._appointments, self._holders, self._domains = _ever(log)
        self.root = root if root is not None and self._is_certificate(root) else None
        known = {entry.subject for entry in log.entries if entry.act in ROOT_ACTS} | {self.root}
        self._roots = sorted(one for one in known if one is not None and self._is_certificate(one))
        issuers = [self._octets[one] for one in self._roots] if self.root is not None else []
        officers = {one.fingerprint for one in log.administrators if one.fingerprint in self._octets}
        officers |= {one.fingerprint for one in log.certificates if one.purpose == "officer"}
        self._issuing = [self._octets[one] for one in sorted(officers) if self._is_certificate(one)]
        readable = [one.octets for one in log.certificates if self._is_certificate(one.fingerprint)]
        self._signed = signed_certificates(readable, [*issuers, *self._issuing]) if issuers else {}

    def take(self, entry: Entry) -> None:
        """The log has been read up to this entry."""
        self._replay.take(entry)

    def document(self, statement: bytes, certificate: str) -> bytes:
        """What this certificate has signed. Raises DirectoryError if it has not."""
        octets = self._octets.get(certificate)
        message = read_signed_message(statement, lambda _key: octets)
        if message.certificate != certificate:
            raise DirectoryError("the statement was signed by somebody else")
        return message.document

    def is_secretariat(self, fingerprint: str, at: datetime) -> bool:
        """Whether the root had certified a person of the Secretariat at that moment."""
        signed = self._signed.get(fingerprint)
        purpose = {one.fingerprint: one.purpose for one in self._log.certificates}.get(fingerprint)
        if signed is None or purpose != "secretariat":
            return False
        judged = self._judge(self._replay.root, at).secretariat(signed, self._mailbox_domains())
        return judged.state is ChainState.IN_FORCE

    def administrator_of(self, fingerprint: str, at: datetime, *, national: bool = False) -> str | None:
        """The Party whose administrator this was at that moment, by the certification of the root of that time."""
        return self._administrator_by(self._replay.root, fingerprint, at, national=national)

    def was_administrator_of(self, fingerprint: str, at: datetime) -> str | None:
        """The same, by any root the log has ever had."""
        found = (self._administrator_by(root, fingerprint, at, national=False) for root in self._roots)
        return next((party for party in found if party is not None), None)

    def reading_state(self, fingerprint: str, party: str, at: datetime) -> str:
        """What the chain says of a Party's reading certificate."""
        signed = self._signed.get(fingerprint)
        if signed is None:
            return "not in the file"
        administrators = [
            found
            for appointed in self._replay.appointed.values()
            if appointed.party == party
            for one in self._log.administrators
            if one.officer == appointed.officer
            and (found := self._administrator(self.root, appointed, one.fingerprint, at)) is not None
        ]
        gateway = self._gateway_domains(signed)
        verdict = self._judge(self.root, at).reading(
            signed, {f"{party.lower()}@{one}" for one in gateway}, administrators
        )
        return verdict.state.value

    def names_and_addresses(self, fingerprint: str) -> frozenset[str]:
        """How the holder is called in the certificate, as people compare it."""
        marks: set[str] = set()
        signed = self._signed.get(fingerprint)
        for user_id in signed.user_ids if signed is not None else ():
            name, _, rest = user_id.text.partition("<")
            marks |= {" ".join(part.casefold().split()) for part in (name, rest.partition(">")[0]) if part.strip()}
        return frozenset(marks)

    def _administrator_by(self, root: str | None, fingerprint: str, at: datetime, *, national: bool) -> str | None:
        for appointed in self._appointments:
            if national and appointed.region is not None:
                continue
            held = (appointed.officer, fingerprint) in self._holders
            if held and self._administrator(root, appointed, fingerprint, at) is not None:
                return appointed.party
        return None

    def _administrator(
        self, root: str | None, appointed: Appointed, fingerprint: str, at: datetime
    ) -> Administrator | None:
        signed = self._signed.get(fingerprint)
        own = self._domains.get(appointed.party, frozenset())
        address = self._address(signed, lambda found: domain_of(found) in own)
        if signed is None or address is None or root not in self._roots:
            return None
        regional = appointed.region is not None
        domains = appointed.domains & own
        judged = self._judge(root, at).administrator(signed, address, appointed.party, domains, regional=regional)
        return judged if judged.verdict.state is ChainState.IN_FORCE else None

    def _address(self, signed: SignedCertificate | None, fits: Callable[[str], bool]) -> str | None:
        special = self._log.header.special_use_domains
        for user_id in signed.user_ids if signed is not None else ():
            address = user_id_address(user_id.text, special_use_domains=special)
            if address is not None and fits(address):
                return address
        return None

    def _gateway_domains(self, signed: SignedCertificate) -> set[str]:
        """The domains in which the certificate claims an address: administrator and root have read and certified it."""
        special = self._log.header.special_use_domains
        found = [user_id_address(one.text, special_use_domains=special) for one in signed.user_ids]
        return {domain_of(address) for address in found if address is not None}

    def _mailbox_domains(self) -> set[str]:
        """Where the reading certificates of the file have their addresses: the gateway's domain."""
        reading = {fingerprint for _party, fingerprint in self._log.reading}
        reading |= {one.fingerprint for one in self._log.certificates if one.purpose == "reading"}
        signed = [self._signed[one] for one in sorted(reading) if one in self._signed]
        return {domain for one in signed for domain in self._gateway_domains(one)}

    def _judge(self, root: str | None, at: datetime) -> Judge:
        if root is None or root not in self._signed:
            raise DirectoryError("the log names a root that is not in the file")
        return Judge(self._signed[root], at, self._log.header.special_use_domains)

    def _is_certificate(self, fingerprint: str) -> bool:
        octets = self._octets.get(fingerprint)
        if octets is None:
            return False
        try:
            return read_one_certificate(octets).fingerprint == fingerprint
        except CertificateError:
            return False


def _ever(log: ExportedLog) -> tuple[list[Appointed], set[tuple[int, str]], dict[str, frozenset[str]]]:
    """Every appointment the log has ever had, who held which certificate, and every mail domain of each Party: what
    was so at a moment, the root's certifications tell."""
    replay = Replay()
    appointments: list[Appointed] = []
    holders = {(one.officer, one.fingerprint) for one in log.administrators}
    domains: dict[str, set[str]] = {}
    for entry in log.entries:
        replay.take(entry)
        officer = details_of(entry).get("officer")
        if entry.act == Act.ADMINISTRATOR_APPOINTED.value and isinstance(officer, int):
            appointments.append(replay.appointed[officer])
            holders |= {(officer, entry.subject)} if entry.subject is not None else set()
        if entry.act in {Act.PARTY_ADMITTED.value, Act.DOMAIN_ADDED.value}:
            party = entry.party or ""
            domains.setdefault(party, set()).update(replay.domains.get(party, ()))
    return appointments, holders, {party: frozenset(own) for party, own in domains.items()}
