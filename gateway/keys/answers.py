"""The notices that answer a request to `keys@`: built here, signed and encrypted by the program `process`."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection

from gateway.keys.asked import Asked
from gateway.policy.facts import NoticeKind
from keyring_admin.acts.enrolment import responsible_administrators
from keyring_admin.certificates import CertificateFacts
from keyring_admin.officers import Officer
from keyring_admin.openpgp.armor import ArmorKind, enarmor
from mailroom.notice_requests import NoticeRequest

Details = Mapping[str, str]


def notice_to(
    officer: Officer,
    kind: NoticeKind,
    queue_id: str,
    now: datetime,
    details: Details,
    *,
    attachment: tuple[str, bytes] | None = None,
    encrypt_to: bytes | None = None,
) -> NoticeRequest:
    """One notice. attachment: name and octets."""
    return NoticeRequest(
        id=0,
        requested_at=now,
        officer=officer.id,
        kind=kind.value,
        queue_id=queue_id,
        details=details,
        attachment=attachment[1] if attachment is not None else None,
        attachment_name=attachment[0] if attachment is not None else None,
        encrypt_to=encrypt_to,
    )


def answer(asked: Asked, kind: NoticeKind, details: Details | None = None) -> NoticeRequest:
    """To whoever asked; names the request and the act."""
    request = asked.opened.request
    named = {"request": request.id, "act": request.act.value, **(details or {})}
    return notice_to(asked.officer, kind, asked.queue_id, asked.now, named)


def refusal(asked: Asked, reason: str) -> NoticeRequest:
    """To whoever asked: the true reason. An officer who enrols reads it with the certificate that was sent."""
    request = asked.opened.request
    details = {"request": request.id, "act": request.act.value, "reason": reason}
    sent = asked.examined
    encrypt_to = sent.octets if isinstance(sent, CertificateFacts) and not asked.officer.enrolled else None
    return notice_to(asked.officer, NoticeKind.KEY_REFUSED, asked.queue_id, asked.now, details, encrypt_to=encrypt_to)


def challenge(asked: Asked, enrolment: str, facts: CertificateFacts) -> NoticeRequest:
    """To whoever holds the certificate that was sent, and to nobody else."""
    details = {"enrolment": enrolment, "fingerprint": grouped(facts.fingerprint)}
    return notice_to(
        asked.officer, NoticeKind.KEY_CHALLENGE, asked.queue_id, asked.now, details, encrypt_to=facts.octets
    )


def requests_for_approval(
    connection: Connection, asked: Asked, enrolment: str, fingerprint: str, certificate: bytes
) -> Iterable[NoticeRequest]:
    """To every administrator in force who may decide; not to the officer, who may be one of them."""
    officer = asked.officer
    name = f"officer-{fingerprint[-16:]}.asc"
    details = {
        "address": officer.address,
        "roles": roles_of(officer),
        "fingerprint": grouped(fingerprint),
        "enrolment": enrolment,
        "lines": _commands(asked, enrolment, fingerprint, name, officer.address),
    }
    attachment = (name, enarmor(certificate, ArmorKind.PUBLIC_KEY))
    for administrator in responsible_administrators(connection, officer, asked.now):
        if administrator.id != officer.id:
            yield notice_to(
                administrator, NoticeKind.KEY_APPROVAL, asked.queue_id, asked.now, details, attachment=attachment
            )


def roles_of(officer: Officer) -> str:
    """The names of the roles, as the commands take them."""
    return ", ".join(sorted(role.value for role in officer.roles)) or "-"


def grouped(fingerprint: str) -> str:
    """A full fingerprint as people compare it: groups of four."""
    return " ".join(fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4))


def date_of(moment: datetime | None) -> str:
    """A day, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d") if moment is not None else "-"


def _commands(asked: Asked, enrolment: str, fingerprint: str, name: str, address: str) -> str:
    created = asked.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    named = f"--enrolment {enrolment} --address {address} --fingerprint {fingerprint}"
    return "\r\n".join(
        [
            f"gsp keys approve-enrolment {name} {named} --send HOST:PORT",
            "",
            f"gpg --import {name}",
            f'gpg --quick-sign-key {fingerprint} "<{address}>"',
            f"gpg --armor --export {fingerprint} > certified.asc",
            "",
            "GSP-Key-Request: 1",
            "Act: approve",
            f"Id: approve-{enrolment}",
            f"Gateway: {asked.gateway}",
            f"Created: {created}",
            f"Enrolment: {enrolment}",
            f"Fingerprint: {fingerprint}",
        ]
    )
