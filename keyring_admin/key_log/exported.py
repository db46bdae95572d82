"""The key log as a file that anybody can verify without the gateway: JSON lines, each an object with a `type`.

    key-log        the first line: format, gateway, root, whether domains under `.test` are admitted, when exported
    certificate    purpose (root, secretariat, officer: of administrators, reading), Party, octets in base64
    administrator  who the directory says is administrator now: officer's number, certificate, Party
    reading        a reading certificate the directory says is in force now
    proposal       what was proposed: canonical JSON
    entry          one entry of the log
    evidence       what an entry rests on, in base64
    head           a Party's countersignature

Pure. What a file says is worth what `verification.py` finds.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.chain import Entry

FORMAT = "gsp-key-log-export/1"
LINE_LIMIT = 1024 * 1024  # characters
FILE_LIMIT = 1024 * 1024 * 1024  # octets


@dataclass(frozen=True, slots=True)
class ExportHeader:
    """gateway, root: full fingerprints; root: None if none is installed."""

    gateway: str
    root: str | None
    special_use_domains: bool
    exported_at: datetime


@dataclass(frozen=True, slots=True)
class ExportedCertificate:
    """purpose: as the directory has it, or `root`."""

    fingerprint: str
    purpose: str
    party: str | None
    octets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExportedAdministrator:
    """officer: the number that the entries of the log use."""

    officer: int
    fingerprint: str
    party: str


@dataclass(frozen=True, slots=True)
class ExportedHead:
    """A Party says that it has seen the log up to here. certificate: that signed the statement."""

    sequence: int
    party: str
    hash: str
    certificate: str
    at: datetime
    statement: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExportedLog:
    """The whole file. evidence: by SHA-256. proposals: canonical JSON by number. reading: Party and fingerprint."""

    header: ExportHeader
    certificates: tuple[ExportedCertificate, ...]
    administrators: tuple[ExportedAdministrator, ...]
    reading: tuple[tuple[str, str], ...]
    proposals: Mapping[str, str]
    entries: tuple[Entry, ...]
    evidence: Mapping[str, bytes] = field(repr=False)
    heads: tuple[ExportedHead, ...]


def write_export(log: ExportedLog) -> Iterator[str]:
    """The lines of the file."""
    header = log.header
    yield _line(
        "key-log",
        format=FORMAT,
        gateway=header.gateway,
        root=header.root,
        special_use_domains=header.special_use_domains,
        exported_at=_moment(header.exported_at),
    )
    for certificate in log.certificates:
        yield _line(
            "certificate",
            fingerprint=certificate.fingerprint,
            purpose=certificate.purpose,
            party=certificate.party,
            octets=_base64(certificate.octets),
        )
    for administrator in log.administrators:
        yield _line("administrator", **asdict(administrator))
    for party, fingerprint in log.reading:
        yield _line("reading", party=party, fingerprint=fingerprint)
    for number, payload in log.proposals.items():
        yield _line("proposal", id=number, payload=payload)
    for entry in log.entries:
        yield _line("entry", **{**asdict(entry), "at": _moment(entry.at)})
    for sha256, octets in log.evidence.items():
        yield _line("evidence", sha256=sha256, octets=_base64(octets))
    for head in log.heads:
        values = {**asdict(head), "at": _moment(head.at), "statement": _base64(head.statement)}
        yield _line("head", **values)


def read_export(lines: Iterable[str]) -> ExportedLog:
    """Read a file, line by line; of a line that is too long, no more than that is looked at.

    Raises DirectoryError naming the line that cannot be read.
    """
    reader = _Reader()
    number = 0
    for number, line in enumerate(lines, 1):
        try:
            reader.take(json.loads(line[: LINE_LIMIT + 1]))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise DirectoryError(f"line {number} of the exported key log cannot be read") from None
    if reader.header is None or number == 0:
        raise DirectoryError("expected a file that `gsp keys log export` has written")
    return ExportedLog(
        header=reader.header,
        certificates=tuple(reader.certificates),
        administrators=tuple(reader.administrators),
        reading=tuple(reader.reading),
        proposals=reader.proposals,
        entries=tuple(reader.entries),
        evidence=reader.evidence,
        heads=tuple(reader.heads),
    )


class _Reader:
    def __init__(self) -> None:
        self.header: ExportHeader | None = None
        self.certificates: list[ExportedCertificate] = []
        self.administrators: list[ExportedAdministrator] = []
        self.reading: list[tuple[str, str]] = []
        self.proposals: dict[str, str] = {}
        self.entries: list[Entry] = []
        self.evidence: dict[str, bytes] = {}
        self.heads: list[ExportedHead] = []

    def take(self, line: Mapping[str, object]) -> None:
        kind = line["type"]
        if (kind == "key-log") != (self.header is None):
            raise ValueError("the header stands first, and once")
        read = {
            "key-log": self._key_log,
            "certificate": self._certificate,
            "administrator": self._administrator,
            "reading": self._reading,
            "proposal": self._proposal,
            "entry": self._entry,
            "evidence": self._evidence,
            "head": self._head,
        }[str(kind)]
        read({key: value for key, value in line.items() if key != "type"})

    def _key_log(self, values: Mapping[str, object]) -> None:
        if values["format"] != FORMAT:
            raise ValueError("another format")
        self.header = ExportHeader(
            _text(values, "gateway"),
            _optional(values, "root"),
            values["special_use_domains"] is True,
            _read_moment(values, "exported_at"),
        )

    def _certificate(self, values: Mapping[str, object]) -> None:
        self.certificates.append(
            ExportedCertificate(
                _text(values, "fingerprint"), _text(values, "purpose"), _optional(values, "party"), _octets(values)
            )
        )

    def _administrator(self, values: Mapping[str, object]) -> None:
        officer = _number(values, "officer")
        self.administrators.append(ExportedAdministrator(officer, _text(values, "fingerprint"), _text(values, "party")))

    def _reading(self, values: Mapping[str, object]) -> None:
        self.reading.append((_text(values, "party"), _text(values, "fingerprint")))

    def _proposal(self, values: Mapping[str, object]) -> None:
        self.proposals[_text(values, "id")] = _text(values, "payload")

    def _entry(self, values: Mapping[str, object]) -> None:
        self.entries.append(
            Entry(
                sequence=_number(values, "sequence"),
                at=_read_moment(values, "at"),
                act=_text(values, "act"),
                party=_optional(values, "party"),
                subject=_optional(values, "subject"),
                details=_text(values, "details"),
                actor=_text(values, "actor"),
                signed_by=_optional(values, "signed_by"),
                evidence_sha256=_optional(values, "evidence_sha256"),
                previous=_text(values, "previous"),
                hash=_text(values, "hash"),
            )
        )

    def _evidence(self, values: Mapping[str, object]) -> None:
        self.evidence[_text(values, "sha256")] = _octets(values)

    def _head(self, values: Mapping[str, object]) -> None:
        self.heads.append(
            ExportedHead(
                sequence=_number(values, "sequence"),
                party=_text(values, "party"),
                hash=_text(values, "hash"),
                certificate=_text(values, "certificate"),
                at=_read_moment(values, "at"),
                statement=_octets(values, "statement"),
            )
        )


def _line(kind: str, **values: object) -> str:
    return json.dumps({"type": kind, **values}, ensure_ascii=False)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _text(values: Mapping[str, object], key: str) -> str:
    value = values[key]
    if not isinstance(value, str):
        raise TypeError(key)
    return value


def _optional(values: Mapping[str, object], key: str) -> str | None:
    return None if values[key] is None else _text(values, key)


def _number(values: Mapping[str, object], key: str) -> int:
    value = values[key]
    if type(value) is not int:
        raise TypeError(key)
    return value


def _octets(values: Mapping[str, object], key: str = "octets") -> bytes:
    try:
        return base64.b64decode(_text(values, key), validate=True)
    except binascii.Error:
        raise ValueError(key) from None


def _read_moment(values: Mapping[str, object], key: str) -> datetime:
    return datetime.strptime(_text(values, key), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
