"""Facts of a mail that every rule lets pass; a test changes one thing."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from forms.slip import BodyKind, MessageClass, Slip
from gateway.opener.frames import Outcome
from gateway.policy.facts import Facts, GatewayFacts, LibraryFacts, SenderFacts, SlipFacts
from keyring_admin.certificate_store import Certificate, Purpose
from keyring_admin.certificates import KeyFacts
from keyring_admin.officers import Officer, Role
from keyring_admin.parties import Party
from mailroom.exchanges import Exchange, Mode

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
GATEWAY = "A" * 40
GATEWAY_KEY = "A" * 16
OFFICER_KEY, OFFICER_SIGNING = "B" * 16, "B" * 40
PARTY_KEY, OWN_PARTY_KEY, STRANGER_KEY = "C" * 16, "D" * 16, "E" * 16
BODY = "ab" * 32
SLIP_ID, EXCHANGE_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"


def party(code: str, **changes: Any) -> Party:
    values = {"name": code, "member_from": date(2020, 1, 1), "member_until": None, "active": True}
    return Party(code, **{**values, **changes})


def officer(**changes: Any) -> Officer:
    known = Officer(
        id=1,
        address="alice@customs.ke.test",
        party="KE",
        language="en",
        roles=frozenset({Role.QUERY, Role.REPLY}),
        active=True,
        certificate=OFFICER_SIGNING,
        password_hash="",
    )
    return replace(known, **changes)


def key(key_id: str, **changes: Any) -> KeyFacts:
    values = {"can_encrypt": True, "can_sign": True, "expires_at": None, "revoked": False}
    return KeyFacts(key_id, key_id.ljust(40, key_id[0]), **{**values, **changes})


def certificate(**changes: Any) -> Certificate:
    known = Certificate(OFFICER_SIGNING, Purpose.OFFICER, "KE", None, (key(OFFICER_KEY),), b"")
    return replace(known, **changes)


def slip(**changes: Any) -> Slip:
    known = Slip(
        id=SLIP_ID,
        created=NOW - timedelta(minutes=1),
        expires=NOW + timedelta(days=6),
        message_class=MessageClass.QUERY,
        form_pack="uid-query",
        form_version="1",
        requesting_party="KE",
        requested_party="EU",
        pattern_id="eu-primary-id",
        library_version=2,
        uid_count=None,
        exchange=None,
        body_sha256=BODY,
        body_kind=BodyKind.MIME,
        gateway_fingerprint=GATEWAY,
    )
    return replace(known, **changes)


def opened(message: Slip | None = None, **changes: Any) -> SlipFacts:
    known = SlipFacts(
        outcome=Outcome.OPENED,
        recipients=(GATEWAY_KEY,),
        slip=message or slip(),
        signer=OFFICER_SIGNING,
        signed_at=NOW - timedelta(minutes=1),
        seen_body_sha256=None,
    )
    return replace(known, **changes)


def sender(**changes: Any) -> SenderFacts:
    known = SenderFacts(officer(), party("KE"), certificate(), "alice@customs.ke.test", frozenset({OWN_PARTY_KEY}))
    return replace(known, **changes)


def exchange(asking: str = "KE", asked: str = "EU") -> Exchange:
    return Exchange(EXCHANGE_ID, "7F3K-9Q2M", Mode.SEALED, asking, asked, NOW)


def gateway(**changes: Any) -> GatewayFacts:
    known = GatewayFacts(NOW, GATEWAY, frozenset({GATEWAY_KEY}), timedelta(days=7), timedelta(minutes=15))
    return replace(known, **changes)


def sealed(**changes: Any) -> Facts:
    """A sealed query of KE to EU."""
    known = Facts(
        gateway=gateway(),
        sender=sender(),
        party=party("EU"),
        party_key_ids=frozenset({PARTY_KEY}),
        message_class=MessageClass.QUERY,
        body_recipients=(PARTY_KEY,),
        body_sha256=BODY,
        exchange=None,
        slip=opened(),
        library=LibraryFacts(2, NOW + timedelta(days=30), frozenset({"EU"})),
    )
    return replace(known, **changes)


def direct(**changes: Any) -> Facts:
    """A direct query of KE to EU."""
    return replace(sealed(slip=None), **changes)


def sealed_reply(**changes: Any) -> Facts:
    """EU answers KE."""
    message = slip(
        message_class=MessageClass.REPLY,
        form_pack="uid-reply",
        exchange=EXCHANGE_ID,
        pattern_id=None,
        library_version=None,
    )
    answering = officer(party="EU")
    known = sealed(
        sender=sender(officer=answering, party=party("EU")),
        party=party("KE"),
        message_class=MessageClass.REPLY,
        exchange=exchange(),
        slip=opened(message),
    )
    return replace(known, **changes)
