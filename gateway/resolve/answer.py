"""The answer as a MIME entity: a text for the officer, certificates to write with, queries to fill in. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP

from forms.entries import Entry, draft
from forms.pack import core_shelf
from forms.skeleton import blank_entries, starting_entries
from gateway.delivered_mail import PILOT_MARK
from gateway.mail_header import date_value
from gateway.padding import padded
from gateway.resolve import RESOLVE_ADDRESS
from gateway.resolve.findings import Finding, PartyFinding, parties_to_ask
from gateway.resolve.fingerprint import fingerprint_of
from gateway.resolve.request import ResolveRequest
from gateway.resolve.words import (
    CERTIFICATE,
    COMPARE,
    DECIDE,
    FORM,
    GATEWAY_READS,
    INTRODUCTION,
    NO_CERTIFICATE,
    PARTY,
    SUBJECT,
)
from gateway.words import words_in
from keyring_admin.openpgp.armor import ArmorKind, enarmor
from pattern_rules import Standing
from pattern_rules.display import display
from pattern_rules.report import suggestion_lines
from pattern_rules.sentences import catalogue, explain, explain_candidate

_SMALLEST_SIZE_CLASS = 16 * 1024
_REASONS = 3  # candidates that are explained, best first; "looks like an identifier" is what the verdict says already


@dataclass(frozen=True, slots=True)
class _Attached:
    """A file of the answer."""

    name: str
    subtype: str
    octets: bytes = field(repr=False)


def answer_entity(findings: Sequence[Finding], request: ResolveRequest, library_version: int) -> bytes:
    """What is signed and encrypted: multipart/mixed with protected header fields (RFC 9788), padded to a size class."""
    asked = parties_to_ask(findings, request)
    lines = [_intro(request, library_version), ""]
    for number, finding in enumerate(findings, 1):
        lines += [*_finding_lines(number, finding, request.language), ""]
    attached: list[_Attached] = []
    for one in asked:
        certificates, form = _certificates(one), _form(one, request.language, library_version)
        lines += [*_party_lines(one, certificates, form, request.language), ""]
        attached += [*certificates, form]
    if attached:
        lines += [words_in(request.language).text(COMPARE), ""]
    lines.append(words_in(request.language).text(GATEWAY_READS))
    message = _message("\n".join(lines), attached, request)
    return padded(message.as_bytes(), smallest=_SMALLEST_SIZE_CLASS)


def _intro(request: ResolveRequest, library_version: int) -> str:
    day, version = request.now.date().isoformat(), str(library_version)
    return words_in(request.language).text(INTRODUCTION, domain=request.domain, day=day, version=version)


def _finding_lines(number: int, finding: Finding, language: str) -> list[str]:
    told = [one for one in finding.recognition.candidates if one.standing is not Standing.FALLBACK][:_REASONS]
    reasons = [explain_candidate(candidate, language) for candidate in told]
    hints = suggestion_lines(finding.suggested, catalogue(language))
    explained = [explain(finding.recognition, language), *(f"– {reason}" for reason in reasons), *hints]
    return [f"{number}. {display(finding.uid)}", *_indented(explained)]


def _party_lines(one: PartyFinding, certificates: Sequence[_Attached], form: _Attached, language: str) -> list[str]:
    party = one.party
    lines = [words_in(language).text(PARTY, name=party.name, code=party.code, address=party.address)]
    for attached, octets in zip(certificates, party.certificates, strict=True):
        fingerprint = fingerprint_of(octets)
        grouped = " ".join(fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4))
        lines += _indented([words_in(language).text(CERTIFICATE, fingerprint=grouped, file=attached.name)])
    if not certificates:
        lines += _indented([words_in(language).text(NO_CERTIFICATE)])
    lines += _indented([words_in(language).text(FORM, file=form.name)])
    return lines if one.decided else [*lines, *_indented([words_in(language).text(DECIDE)])]


def _certificates(one: PartyFinding) -> list[_Attached]:
    """As they stand in the directory, with every certification they carry."""
    return [
        _Attached(
            f"{one.party.code.lower()}-{fingerprint_of(octets)[-16:]}.asc",
            "pgp-keys",
            enarmor(octets, ArmorKind.PUBLIC_KEY),
        )
        for octets in one.party.certificates
    ]


def _form(one: PartyFinding, language: str, library_version: int) -> _Attached:
    """A `uid-query` with everything that is known, and an empty place for what only the officer can say."""
    pack = core_shelf().pack("uid-query", "1")
    known = starting_entries(pack, uids=one.uids, values=[Entry("library-version", str(library_version))])
    octets = draft(pack, language, blank_entries(pack, known, optional=False))
    return _Attached(f"uid-query-{one.party.code}.xml", "xml", octets)


def _message(text: str, attached: Sequence[_Attached], request: ResolveRequest) -> EmailMessage:
    mark = f"{PILOT_MARK} " if request.pilot else ""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{RESOLVE_ADDRESS}@{request.domain}"
    message["To"] = request.officer
    message["Date"] = date_value(request.now)
    message["Subject"] = mark + words_in(request.language).text(SUBJECT)
    message.set_content(text + "\n", cte="base64")
    message.make_mixed()
    for one in attached:
        message.add_attachment(one.octets, maintype="application", subtype=one.subtype, filename=one.name)
    message.set_param("hp", "cipher")  # RFC 9788 §2.1: every header field here is protected
    return message


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"   {line}" for line in lines]
