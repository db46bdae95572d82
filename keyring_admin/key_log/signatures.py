"""Whether an entry of the key log carries the signatures that its act needs."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta

from keyring_admin.acts.rights import RIGHTS, Act, Alone, Kind
from keyring_admin.acts.statements import read_approval, read_succession
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.chain import Entry
from keyring_admin.key_log.exported import ExportedLog
from keyring_admin.key_log.exporting import PUBLIC_PROPOSALS
from keyring_admin.key_log.replay import Replay, details_of
from keyring_admin.key_log.standing_then import Registry

# What an entry says that must be what the signed proposal said: by act, details to payload.
_SAME = {
    Act.PARTY_ADMITTED: {"domains": "domains", "name": "name"},
    Act.DOMAIN_ADDED: {"domain": "domain"},
    Act.MEMBERSHIP_EXTENDED: {"member-until": "member-until"},
    Act.PROTECTION_AGREED: {"on": "on"},
}


@dataclass(frozen=True, slots=True)
class _Given:
    """One good approval."""

    proposal: str
    person: str
    certificate: str
    payload_sha256: str


class Approvals:
    """The approvals of a log, collected while it is read."""

    def __init__(self, log: ExportedLog, registry: Registry) -> None:
        self._log = log
        self._registry = registry
        self._opened: dict[str, Entry] = {}
        self._given: list[_Given] = []

    def take(self, entry: Entry) -> None:
        """Remember a proposal, or an approval whose signature is good and whose signer could give it."""
        said = details_of(entry)
        number = str(said.get("proposal"))
        if entry.act == "proposal-opened":
            self._opened[number] = entry
        if entry.act != "proposal-approved" or entry.signed_by is None or entry.evidence_sha256 is None:
            return
        try:
            document = self._registry.document(self._log.evidence.get(entry.evidence_sha256, b""), entry.signed_by)
            approval = read_approval(document)
        except DirectoryError:
            return
        named = (approval.proposal, approval.act, approval.payload_sha256, approval.gateway)
        expected = (number, said.get("act"), said.get("payload-sha256"), self._log.header.gateway)
        if approval.approves and named == expected and self._could(entry, str(said.get("act"))):
            self._given.append(_Given(number, entry.actor, entry.signed_by, approval.payload_sha256))

    def problem(self, entry: Entry, replay: Replay) -> str | None:
        """What the entry lacks, or None. replay: the directory before it."""
        if entry.act not in {act.value for act in Act}:
            return None
        act, said = Act(entry.act), details_of(entry)
        if act is Act.READING_ADMITTED:
            before = replay.reading.get(entry.party or "", set())
            replaced = {one for one in before if one in replay.once_in_force} - {entry.subject or ""}
            fresh = entry.subject not in before
            return "a reading certificate was replaced without signatures" if fresh and replaced else None
        if RIGHTS[act].custodian is Alone.ALWAYS or act.value not in PUBLIC_PROPOSALS:
            return None
        if act is Act.READING_REPLACED and said.get("named-by") is not None:
            return self._succession_problem(entry, replay, str(said["named-by"]))
        if act in {Act.PARTY_RESUMED, Act.PROTECTION_AGREED} and entry.actor == "custodian":
            return None  # of what the custodian suspended; an agreement that has ended
        if entry.signed_by is not None and RIGHTS[act].eyes == 1 and "proposal" not in said:
            return None if self._could(entry, act.value) else "the signer could not do this"
        return self._proposal_problem(entry, act, str(said.get("proposal")))

    def _proposal_problem(self, entry: Entry, act: Act, number: str) -> str | None:
        opened = self._opened.get(number)
        payload = self._log.proposals.get(number)
        if opened is None or payload is None:
            return "people have to sign this, and there is no proposal"
        sha256 = hashlib.sha256(payload.encode("utf-8")).hexdigest()
        given = [one for one in self._given if one.proposal == number and one.payload_sha256 == sha256]
        humans: list[frozenset[str]] = []
        for one in given:
            marks = self._registry.names_and_addresses(one.certificate) | {one.person}
            if not any(marks & other for other in humans):
                humans.append(marks)
        if len(humans) < RIGHTS[act].eyes:
            return f"needs {RIGHTS[act].eyes} signatures of different people, has {len(humans)}"
        if entry.at < opened.at + timedelta(days=RIGHTS[act].public_days):
            return "was done before its public days were over"
        return None if self._as_proposed(entry, act, payload) else "something else was done than people have signed"

    def _succession_problem(self, entry: Entry, replay: Replay, certificate: str) -> str | None:
        if certificate not in replay.reading.get(entry.party or "", set()):
            return "the certificate that named its successor was not this Party's"
        try:
            statement = self._log.evidence.get(entry.evidence_sha256 or "", b"")
            said = read_succession(self._registry.document(statement, certificate))
        except DirectoryError:
            return "the predecessor's signature is not good"
        expected = (self._log.header.gateway, entry.party, certificate, entry.subject)
        same = (said.gateway, said.party, said.certificate, said.successor) == expected
        return None if same else "the predecessor has named another successor"

    def _could(self, entry: Entry, act: str) -> bool:
        """Whether the root's certifications make the signer one whose signature counts for the act."""
        if act not in {one.value for one in Act} or entry.signed_by is None:
            return False
        people = RIGHTS[Act(act)].people
        if Kind.SECRETARIAT in people and self._registry.is_secretariat(entry.signed_by, entry.at):
            return True
        if not people & {Kind.NATIONAL, Kind.REGIONAL} or entry.party is None:
            return False
        national = Kind.REGIONAL not in people
        return self._registry.administrator_of(entry.signed_by, entry.at, national=national) == entry.party

    @staticmethod
    def _as_proposed(entry: Entry, act: Act, payload: str) -> bool:
        proposed, said = json.loads(payload), details_of(entry)
        if act in {Act.READING_REPLACED, Act.ROOT_REPLACED}:
            return bool(proposed.get("fingerprint") == entry.subject)
        if act is Act.PARTY_ADMITTED and proposed.get("code") != entry.party:
            return False
        return all(said.get(mine) == proposed.get(theirs) for mine, theirs in _SAME.get(act, {}).items())
