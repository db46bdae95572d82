"""Serves a request to `keys@` in one transaction: remembered, carried out or refused, answered.

What an act refuses is taken back; the refusal is answered with its true reason. The acts are those of keyring_admin.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select

from gateway.envelope_log import EnvelopeEntry, EnvelopeOutcome, append_entry, size_class
from gateway.keys.answers import (
    answer,
    challenge,
    date_of,
    grouped,
    notice_to,
    refusal,
    requests_for_approval,
    roles_of,
)
from gateway.keys.asked import Asked, Served
from gateway.keys.listing import officers_table
from gateway.keys.request import KeyAct
from gateway.policy.facts import NoticeKind
from gateway.words import LANGUAGES
from keyring_admin.acts.enrolment import (
    Invitation,
    approve_enrolment,
    begin_replacement,
    invite,
    offer_certificate,
    prove_possession,
    reject_enrolment,
    responsible_administrators,
)
from keyring_admin.acts.enrolment_error import EnrolmentError, EnrolmentRefusal
from keyring_admin.acts.holder import renew_certificate, revoke_officers_certificate, revoke_own_certificate
from keyring_admin.acts.officers import issue_password, require_officer
from keyring_admin.acts.rights import Kind, NotAllowedError, standing
from keyring_admin.addresses import AddressError, canonical_address
from keyring_admin.administration_schema import key_requests
from keyring_admin.certificate_refusal import CertificateError
from keyring_admin.certificate_store import find_certificate
from keyring_admin.certificates import CertificateFacts
from keyring_admin.directory_error import DirectoryError
from keyring_admin.enrolments import count_wrong_answer, find_enrolment
from keyring_admin.key_log.log import record
from keyring_admin.officers import (
    OfficerKind,
    Role,
    find_officer_by_id,
    set_officer_password,
    set_officer_receipts,
)
from mailroom.credentials import hash_password, new_password
from mailroom.notice_requests import NoticeRequest, request_notice

MESSAGE_CLASS = "keys"
_WRONG_ANSWERS = frozenset({EnrolmentRefusal.WRONG_CODE, EnrolmentRefusal.WRONG_CHALLENGE})


class ReplayedRequestError(ValueError):
    """This officer has sent a request with this id before."""


@dataclass(slots=True)
class _Done:
    """What an act leads to."""

    notices: list[NoticeRequest]
    disconnect: list[str] = field(default_factory=list)


def serve(connection: Connection, asked: Asked) -> Served:
    """Serve a request. Raises ReplayedRequestError; GnuPGError if GnuPG itself fails, and then nothing is done."""
    _remember(connection, asked)
    append_entry(
        connection,
        EnvelopeEntry(
            at=asked.now,
            outcome=EnvelopeOutcome.ACCEPTED,
            test=asked.pilot,
            message_class=MESSAGE_CLASS,
            sending_party=asked.officer.party,
            size_class=size_class(asked.size),
        ),
    )
    attempt = connection.begin_nested()
    try:
        done = _ACTS[asked.opened.request.act](connection, asked)
    except (DirectoryError, CertificateError, AddressError) as error:
        attempt.rollback()
        if isinstance(error, EnrolmentError) and error.reason in _WRONG_ANSWERS:
            count_wrong_answer(connection, asked.officer.id, now=asked.now)
        if isinstance(error, NotAllowedError) or str(error) == EnrolmentRefusal.NOT_ADMINISTRATOR.value:
            _record_attempt(connection, asked)
        done = _Done([refusal(asked, str(error))])
    else:
        attempt.commit()
    for notice in done.notices:
        request_notice(connection, notice)
    return Served(asked.queue_id, tuple(done.disconnect))


def _record_attempt(connection: Connection, asked: Asked) -> None:
    """Somebody reached for what is not theirs to change: the Party concerned can see it in the key log (KEY-22)."""
    enrolment = find_enrolment(connection, asked.opened.request.enrolment or "")
    concerned = find_officer_by_id(connection, enrolment.officer) if enrolment is not None else None
    record(
        connection,
        "request-not-allowed",
        asked.actor,
        now=asked.now,
        party=concerned.party if concerned is not None else asked.officer.party,
        subject=asked.officer.certificate,
        details={"act": asked.opened.request.act.value, "officer": asked.officer.id, "of": asked.officer.party},
    )


def _remember(connection: Connection, asked: Asked) -> None:
    request, officer = asked.opened.request, asked.officer
    seen = select(key_requests.c.id).where(key_requests.c.officer == officer.id, key_requests.c.id == request.id)
    if connection.scalar(seen) is not None:
        raise ReplayedRequestError
    connection.execute(
        insert(key_requests).values(
            officer=officer.id,
            id=request.id,
            act=request.act.value,
            received_at=asked.now,
            expires_at=asked.remembered_until,
        )
    )


def _enrol(connection: Connection, asked: Asked) -> _Done:
    facts = _examined(asked)
    if not any(key.fingerprint == asked.signer and key.can_sign for key in facts.keys):
        raise EnrolmentError(EnrolmentRefusal.OLD_KEY)
    enrolment = offer_certificate(connection, asked.officer, asked.opened.request.code or "", facts, now=asked.now)
    return _Done([challenge(asked, enrolment.id, facts)])


def _replace(connection: Connection, asked: Asked) -> _Done:
    facts = _examined(asked)
    enrolment = begin_replacement(connection, asked.officer, facts, rules=asked.rules, now=asked.now)
    return _Done([challenge(asked, enrolment.id, facts)])


def _prove(connection: Connection, asked: Asked) -> _Done:
    request = asked.opened.request
    enrolment = prove_possession(
        connection,
        asked.officer,
        request.enrolment or "",
        request.challenge or "",
        asked.opened.password_hash,
        now=asked.now,
    )
    fingerprint, certificate = enrolment.fingerprint or "", enrolment.certificate or b""
    told = notice_to(
        asked.officer,
        NoticeKind.KEY_PROVED,
        asked.queue_id,
        asked.now,
        {"fingerprint": grouped(fingerprint)},
        encrypt_to=certificate,
    )
    asking = requests_for_approval(connection, asked, enrolment.id, fingerprint, certificate)
    return _Done([told, *asking], [asked.officer.address] if asked.opened.password_hash else [])


def _approve(connection: Connection, asked: Asked) -> _Done:
    _require_administrator(connection, asked)
    request = asked.opened.request
    approval = approve_enrolment(
        connection,
        asked.actor,
        request.enrolment or "",
        request.fingerprint or "",
        asked.opened.certificate,
        rules=asked.rules,
        now=asked.now,
    )
    details = {"fingerprint": grouped(approval.fingerprint), "roles": roles_of(approval.officer)}
    kind = NoticeKind.KEY_ENROLLED
    if approval.replaced is not None:
        kind = NoticeKind.KEY_REPLACED
        details |= {"replaced": grouped(approval.replaced), "date": date_of(approval.until)}
    told = notice_to(approval.officer, kind, asked.queue_id, asked.now, details)
    return _Done([told, answer(asked, NoticeKind.KEY_DONE)])


def _reject(connection: Connection, asked: Asked) -> _Done:
    _require_administrator(connection, asked)
    request = asked.opened.request
    fingerprint = request.fingerprint or ""
    enrolment = find_enrolment(connection, request.enrolment or "")
    officer = reject_enrolment(connection, asked.actor, request.enrolment or "", fingerprint, now=asked.now)
    told = notice_to(
        officer,
        NoticeKind.KEY_REJECTED,
        asked.queue_id,
        asked.now,
        {"fingerprint": grouped(fingerprint)},
        encrypt_to=enrolment.certificate if enrolment is not None and not officer.enrolled else None,
    )
    return _Done([told, answer(asked, NoticeKind.KEY_DONE)])


def _renew(connection: Connection, asked: Asked) -> _Done:
    renewal = renew_certificate(
        connection,
        asked.actor,
        asked.officer,
        asked.opened.certificate or b"",
        signer=asked.signer,
        rules=asked.rules,
        now=asked.now,
    )
    if renewal.revoked:
        return _revoked(connection, asked, renewal.fingerprint)
    stored = find_certificate(connection, renewal.fingerprint)
    details = {
        "fingerprint": grouped(renewal.fingerprint),
        "date": date_of(renewal.until),
        "state": stored.chain.value if stored is not None else "-",
    }
    return _Done([answer(asked, NoticeKind.KEY_RENEWED, details)])


def _revoke(connection: Connection, asked: Asked) -> _Done:
    fingerprint = asked.opened.request.fingerprint or ""
    officer = asked.officer
    if fingerprint in {officer.certificate, officer.previous_certificate}:
        revoke_own_certificate(
            connection,
            asked.actor,
            officer,
            fingerprint,
            asked.opened.revocation or asked.opened.certificate,
            signed=asked.signer is not None,
            rules=asked.rules,
            now=asked.now,
        )
        return _revoked(connection, asked, fingerprint)
    if asked.signer is None:  # only a revocation of one's own may come unsigned: it is a signature itself (KEY-21)
        raise EnrolmentError(EnrolmentRefusal.NOT_REVOKED)
    _require_administrator(connection, asked)
    holder = revoke_officers_certificate(connection, asked.actor, fingerprint, rules=asked.rules, now=asked.now)
    told = notice_to(
        holder, NoticeKind.KEY_REVOKED, asked.queue_id, asked.now, _revocation(holder.address, fingerprint)
    )
    return _Done([told, answer(asked, NoticeKind.KEY_DONE)], [holder.address])


def _revoked(connection: Connection, asked: Asked, fingerprint: str) -> _Done:
    """The holder and the administrators are told; the holder by one sentence, if nothing can be encrypted any more."""
    people = [asked.officer, *responsible_administrators(connection, asked.officer, asked.now)]
    details = _revocation(asked.officer.address, fingerprint)
    notices = [
        notice_to(person, NoticeKind.KEY_REVOKED, asked.queue_id, asked.now, details)
        for person in {person.id: person for person in people}.values()
    ]
    return _Done(notices, [asked.officer.address])


def _password(connection: Connection, asked: Asked) -> _Done:
    """One's own, chosen inside the request; or another's, by an administrator: then it is one to be changed."""
    request, officer = asked.opened.request, asked.officer
    if request.address is None:
        if asked.opened.password_hash is None:
            raise EnrolmentError(EnrolmentRefusal.PASSWORD_NEEDED)
        set_officer_password(connection, officer.address, asked.opened.password_hash)
        record(
            connection,
            "password-changed",
            asked.actor,
            now=asked.now,
            party=officer.party,
            subject=officer.certificate,
            details={"officer": officer.id},
        )
        return _Done([answer(asked, NoticeKind.KEY_DONE)], [officer.address])
    _require_administrator(connection, asked)
    address = canonical_address(request.address, special_use_domains=asked.rules.special_use_domains)
    holder = require_officer(connection, address)
    # Nobody knows this one: the notice makes the one that is told.
    issue_password(connection, asked.actor, holder.address, hash_password(new_password()), now=asked.now)
    return _Done([answer(asked, NoticeKind.KEY_PASSWORD, {"address": holder.address})], [holder.address])


def _receipts(connection: Connection, asked: Asked) -> _Done:
    set_officer_receipts(connection, asked.officer.address, receipts=asked.opened.request.receipts == "on")
    return _Done([answer(asked, NoticeKind.KEY_DONE)])


def _invite(connection: Connection, asked: Asked) -> _Done:
    _require_administrator(connection, asked)
    request = asked.opened.request
    try:
        roles = frozenset(Role(word.strip().lower()) for word in (request.roles or "").split(","))
        kind = OfficerKind((request.kind or OfficerKind.PERSON.value).lower())
    except ValueError:
        raise DirectoryError("Roles: query, reply, review; Kind: person or machine") from None
    language = (request.language or asked.officer.language).lower()
    if language not in LANGUAGES:
        raise DirectoryError("Language: one of ar, en, es, fr, ru, zh")
    invitation = Invitation(
        address=request.address or "",
        party=asked.officer.party,
        roles=roles,
        password_hash=hash_password(new_password()),  # nobody knows it: the notice makes the one that is told
        language=language,
        kind=kind,
    )
    enrolment = invite(connection, asked.actor, invitation, rules=asked.rules, now=asked.now)
    invited = find_officer_by_id(connection, enrolment.officer)
    details = {
        "enrolment": enrolment.id,
        "address": invited.address if invited is not None else "-",
        "date": date_of(enrolment.expires_at),
    }
    return _Done([answer(asked, NoticeKind.KEY_INVITED, details)])


def _list(connection: Connection, asked: Asked) -> _Done:
    _require_administrator(connection, asked)
    party = asked.officer.party
    attachment = (f"officers-{party}.csv", officers_table(connection, party, asked.now))
    request = {"party": party, "request": asked.opened.request.id}
    listed = notice_to(asked.officer, NoticeKind.KEY_LIST, asked.queue_id, asked.now, request, attachment=attachment)
    return _Done([listed])


def _examined(asked: Asked) -> CertificateFacts:
    if isinstance(asked.examined, CertificateFacts):
        return asked.examined
    if asked.examined is None:
        raise EnrolmentError(EnrolmentRefusal.UNKNOWN_CERTIFICATE)
    raise CertificateError(asked.examined)


def _require_administrator(connection: Connection, asked: Asked) -> None:
    """Before the request is looked at: the reason is the same for everybody who is none."""
    if standing(connection, asked.actor, asked.now).kind not in {Kind.NATIONAL, Kind.REGIONAL}:
        raise EnrolmentError(EnrolmentRefusal.NOT_ADMINISTRATOR)


def _revocation(address: str, fingerprint: str) -> dict[str, str]:
    return {"address": address, "fingerprint": grouped(fingerprint)}


_ACTS: Mapping[KeyAct, Callable[[Connection, Asked], _Done]] = {
    KeyAct.ENROL: _enrol,
    KeyAct.PROVE: _prove,
    KeyAct.RENEW: _renew,
    KeyAct.REPLACE: _replace,
    KeyAct.REVOKE: _revoke,
    KeyAct.PASSWORD: _password,
    KeyAct.RECEIPTS: _receipts,
    KeyAct.INVITE: _invite,
    KeyAct.APPROVE: _approve,
    KeyAct.REJECT: _reject,
    KeyAct.LIST: _list,
}
