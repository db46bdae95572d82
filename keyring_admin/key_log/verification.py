"""Verifies an exported key log without the gateway, from a root fingerprint that came on paper.

What is shown: no entry was changed, removed or put in; every countersigned head lies on this log; every act that needs
people's signatures carries them, by people the root had certified; every reading certificate that mail is encrypted to
has an entry, and the certifications of an administrator and of the root. What is not: that this is the newest log. A
Party compares it with what it saw last (`watching.py`).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from keyring_admin.acts.statements import Head, read_head
from keyring_admin.certificate_packets import read_one_certificate
from keyring_admin.certificate_refusal import CertificateError
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.chain import KeyLogError, verify_entries
from keyring_admin.key_log.exported import ExportedLog
from keyring_admin.key_log.exporting import is_public
from keyring_admin.key_log.replay import Replay, details_of
from keyring_admin.key_log.signatures import Approvals
from keyring_admin.key_log.standing_then import Registry


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong. party: whose entry it is about; None: of the log as a whole. sequence: the entry; 0: none."""

    text: str
    party: str | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Verified:
    """What verification found. head: the last entry's number and hash. withheld: evidence that is not in this file."""

    findings: tuple[Finding, ...]
    entries: int
    head: str
    countersigned_by: tuple[str, ...]
    withheld: int


def verify_log(log: ExportedLog, root: str | None, *, now: datetime) -> Verified:
    """root: full fingerprint from paper, upper-case hex; None: nothing that rests on a root is verified."""
    findings: list[Finding] = []
    try:
        verify_entries(log.entries)
    except KeyLogError as error:
        findings.append(Finding(str(error)))
    findings += _misnamed(log)
    findings += _evidence(log)
    findings += _heads(log, Registry(log, root))
    if root is not None:
        findings += _by_root(log, root, now)
    last = log.entries[-1] if log.entries else None
    named = [entry.evidence_sha256 for entry in log.entries if entry.evidence_sha256 is not None]
    return Verified(
        findings=tuple(findings),
        entries=len(log.entries),
        head=f"{last.sequence} {last.hash}" if last is not None else "none",
        countersigned_by=tuple(sorted({head.party for head in log.heads})),
        withheld=sum(sha256 not in log.evidence for sha256 in named),
    )


def _misnamed(log: ExportedLog) -> Iterable[Finding]:
    """Certificates are what they are called."""
    for certificate in log.certificates:
        try:
            named = read_one_certificate(certificate.octets).fingerprint == certificate.fingerprint
        except CertificateError:
            named = False
        if not named:
            yield Finding("a certificate in the file does not have the fingerprint it claims", certificate.party)


def _evidence(log: ExportedLog) -> Iterable[Finding]:
    for sha256, octets in log.evidence.items():
        if hashlib.sha256(octets).hexdigest() != sha256:
            yield Finding("a piece of evidence is another one than its entry names")
    for entry in log.entries:
        if is_public(entry) and entry.evidence_sha256 is not None and entry.evidence_sha256 not in log.evidence:
            yield Finding("the evidence of this entry is missing", entry.party, entry.sequence)


def _heads(log: ExportedLog, registry: Registry) -> Iterable[Finding]:
    hashes = {entry.sequence: entry.hash for entry in log.entries}
    for head in log.heads:
        if hashes.get(head.sequence) != head.hash:
            yield Finding(
                "this Party has countersigned another past than the one shown here", head.party, head.sequence
            )
            continue
        try:
            said = read_head(registry.document(head.statement, head.certificate))
        except DirectoryError:
            yield Finding("the countersignature is not good", head.party, head.sequence)
            continue
        if said != Head(log.header.gateway, head.sequence, head.hash):
            yield Finding("the countersignature is for something else", head.party, head.sequence)
        elif registry.root is not None and registry.was_administrator_of(head.certificate, head.at) != head.party:
            yield Finding("the countersignature is not of an administrator of the Party", head.party, head.sequence)


def _by_root(log: ExportedLog, root: str, now: datetime) -> Iterable[Finding]:
    registry = Registry(log, root)
    if registry.root is None:
        yield Finding("the file holds no root certificate with the fingerprint from paper")
        return
    if log.header.root != root:
        yield Finding("the gateway uses another root than the one from paper")
    approvals = Approvals(log, registry)
    replay = Replay()
    for entry in log.entries:
        if replay.root is not None and entry.act == "root-installed":
            yield Finding("a root was installed over another one", None, entry.sequence)
        if replay.root is not None:  # as long as there was no root, the custodian did everything by hand
            problem = approvals.problem(entry, replay)
            if problem is not None:
                yield Finding(problem, entry.party, entry.sequence)
        approvals.take(entry)
        replay.take(entry)
        registry.take(entry)
    if replay.root != root:
        yield Finding("the log ends with another root than the one from paper")
    for party, fingerprint in log.reading:
        if fingerprint not in replay.reading.get(party, set()):
            yield Finding(f"mail is encrypted to {fingerprint}, which the log does not have", party)
        state = registry.reading_state(fingerprint, party, now)
        if state != "in-force":
            yield Finding(f"mail is encrypted to {fingerprint}, which the chain does not carry: {state}", party)


def reading_in_log(log: ExportedLog) -> dict[str, set[str]]:
    """The reading certificates the log has, by Party."""
    replay = Replay()
    for entry in log.entries:
        replay.take(entry)
    return replay.reading


def own_entries(log: ExportedLog, party: str, after: int) -> list[tuple[int, str, str]]:
    """Number, act and subject of each entry about the Party after an entry. Of what was derived, only what changes
    whether its reading certificates are in force: the rest follows from other entries, or from the calendar."""
    reading = {entry.subject for entry in log.entries if entry.party == party and entry.act.startswith("reading-")}
    return [
        (entry.sequence, entry.act, entry.subject or str(details_of(entry).get("domain", "")))
        for entry in log.entries
        if entry.party == party
        and entry.sequence > after
        and (entry.act != "access-derived" or entry.subject in reading)
    ]
