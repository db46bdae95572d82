"""Each rule of the policy: what it lets pass, what it refuses, with which code; and the tables they stand in."""

import inspect
import pkgutil
from dataclasses import replace
from datetime import date, timedelta
from importlib import import_module

import pytest

import gateway.policy.rules
from forms.slip import MessageClass
from gateway.opener.frames import Outcome
from gateway.policy.facts import Facts, LibraryFacts, NoticeKind, Refusal
from gateway.policy.table import DIRECT_TABLE, ROUTE_RULES, SEALED_TABLE, SENDER_RULES, SLIP_RULES, judge_facts
from gateway.replies import NO_SUCH_MAILBOX, POLICY, SENDER_MISMATCH, SENDER_NOT_ACTIVE, TRY_AGAIN, Reply
from keyring_admin.officers import Role

from . import facts_builder as build
from .facts_builder import NOW, direct, opened, sealed, sealed_reply, sender, slip

RULE_FILES = pkgutil.iter_modules(gateway.policy.rules.__path__)
MODULES = [import_module(f"gateway.policy.rules.{each.name}") for each in RULE_FILES]


@pytest.mark.parametrize(
    ("table", "facts"), [(SEALED_TABLE, sealed()), (SEALED_TABLE, sealed_reply()), (DIRECT_TABLE, direct())]
)
def test_a_mail_in_order_passes_every_rule_of_its_table(table: tuple[object, ...], facts: Facts) -> None:
    verdict = judge_facts(DIRECT_TABLE if facts.slip is None else SEALED_TABLE, facts)
    assert verdict.refusal is None
    assert len(verdict.passed) == len(table)


def test_every_rule_stands_in_a_table_under_the_name_of_its_file() -> None:
    names = {module.NAME for module in MODULES}
    assert names == {rule.name for rule in SEALED_TABLE}
    for module in MODULES:
        assert module.__name__.rpartition(".")[2].replace("_", "-") == module.NAME
        assert list(inspect.signature(module.check).parameters) == ["facts"]
        assert module.check.__doc__


@pytest.mark.parametrize("table", [DIRECT_TABLE, SEALED_TABLE])
def test_no_name_stands_twice_in_a_table(table: tuple[object, ...]) -> None:
    names = [rule.name for rule in (DIRECT_TABLE if table is DIRECT_TABLE else SEALED_TABLE)]
    assert len(set(names)) == len(names) == len(table)


def test_the_tables_begin_with_the_sender_and_slips_are_judged_before_routes() -> None:
    assert SEALED_TABLE == SENDER_RULES + SLIP_RULES + ROUTE_RULES
    assert DIRECT_TABLE == SENDER_RULES + ROUTE_RULES


def test_the_first_rule_that_refuses_ends_it() -> None:
    broken = sealed(sender=sender(officer=build.officer(active=False), header_address="x@y.test"), party=None)
    verdict = judge_facts(SEALED_TABLE, broken)
    assert (verdict.passed, verdict.refusal) == ((), Refusal(SENDER_NOT_ACTIVE, "sender-is-active"))


OLD = timedelta(days=8)
NO_PATTERN = {"pattern_id": None, "library_version": None}
GONE = build.certificate(withdrawn_at=NOW - timedelta(days=1))
ENDED = build.certificate(keys=(build.key(build.OFFICER_KEY, expires_at=NOW),))
REVOKED = build.certificate(keys=(build.key(build.OFFICER_KEY, revoked=True),))
STRICT = build.gateway(refuse_readable_subject=True)
CANNOT_SIGN = build.certificate(keys=(build.key(build.OFFICER_KEY, can_sign=False),))

REFUSED: list[tuple[str, str, Facts, Reply]] = [
    ("sender-is-active", "unknown officer", sealed(sender=sender(officer=None)), SENDER_NOT_ACTIVE),
    (
        "sender-is-active",
        "suspended officer",
        sealed(sender=sender(officer=build.officer(active=False))),
        SENDER_NOT_ACTIVE,
    ),
    (
        "sender-is-active",
        "suspended Party",
        sealed(sender=sender(party=build.party("KE", active=False))),
        SENDER_NOT_ACTIVE,
    ),
    (
        "sender-is-active",
        "no member yet",
        sealed(sender=sender(party=build.party("KE", member_from=date(2027, 1, 1)))),
        SENDER_NOT_ACTIVE,
    ),
    (
        "sender-is-active",
        "no member any more",
        sealed(sender=sender(party=build.party("KE", member_until=NOW.date()))),
        SENDER_NOT_ACTIVE,
    ),
    (
        "sender-is-from",
        "another address",
        sealed(sender=sender(header_address="mallory@customs.ke.test")),
        SENDER_MISMATCH,
    ),
    ("sender-has-certificate", "none", sealed(sender=sender(certificate=None)), POLICY),
    ("sender-has-certificate", "withdrawn", sealed(sender=sender(certificate=GONE)), POLICY),
    ("sender-has-certificate", "expired", sealed(sender=sender(certificate=ENDED)), POLICY),
    ("sender-has-certificate", "revoked", sealed(sender=sender(certificate=REVOKED)), POLICY),
    (
        "subject-is-obscured",
        "readable, where that is refused",
        sealed(gateway=STRICT, sender=sender(readable_subject=True)),
        POLICY,
    ),
    ("slip-is-for-gateway", "to nobody here", sealed(slip=opened(recipients=(build.PARTY_KEY,))), POLICY),
    (
        "slip-is-for-gateway",
        "a third reader",
        sealed(slip=opened(recipients=(build.GATEWAY_KEY, build.STRANGER_KEY))),
        POLICY,
    ),
    (
        "slip-is-for-gateway",
        "the Party reads slips",
        sealed(slip=opened(recipients=(build.GATEWAY_KEY, build.OWN_PARTY_KEY))),
        POLICY,
    ),
    *(
        ("slip-opens", outcome.value, sealed(slip=opened(outcome=outcome, slip=None)), POLICY)
        for outcome in (Outcome.UNOPENABLE, Outcome.NO_SLIP, Outcome.BAD_SLIP)
    ),
    ("slip-is-signed", "not", sealed(slip=opened(outcome=Outcome.BAD_SIGNATURE, signer=None, signed_at=None)), POLICY),
    ("slip-is-signed", "by another", sealed(slip=opened(signer="F" * 40)), POLICY),
    ("slip-is-signed", "by a key that may not sign", sealed(sender=sender(certificate=CANNOT_SIGN)), POLICY),
    ("slip-is-signed", "long ago", sealed(slip=opened(signed_at=NOW - OLD)), POLICY),
    ("slip-is-signed", "in the future", sealed(slip=opened(signed_at=NOW + timedelta(minutes=16))), POLICY),
    ("slip-names-gateway", "p57: another gateway", sealed(slip=opened(slip(gateway_fingerprint="B" * 40))), POLICY),
    ("form-pack-fits", "no such pack", sealed(slip=opened(slip(form_pack="seized-at-mombasa"))), POLICY),
    ("form-pack-fits", "no such version", sealed(slip=opened(slip(form_version="2231"))), POLICY),
    ("form-pack-fits", "a reply's pack in a query", sealed(slip=opened(slip(form_pack="uid-reply"))), POLICY),
    (
        "form-pack-fits",
        "a query that calls itself a notice",
        sealed(slip=opened(slip(message_class=MessageClass.NOTICE)), message_class=MessageClass.NOTICE),
        POLICY,
    ),
    (
        "form-pack-fits",
        "a transfer that answers nothing",
        sealed(
            slip=opened(slip(form_pack="transfer", message_class=MessageClass.NOTICE, **NO_PATTERN)),
            message_class=MessageClass.NOTICE,
        ),
        POLICY,
    ),
    (
        "pattern-is-partys",
        "a question about UIDs without a pattern",
        sealed(slip=opened(slip(form_pack="uid-resolve", **NO_PATTERN))),
        POLICY,
    ),
    ("slip-is-fresh", "made in the future", sealed(slip=opened(slip(created=NOW + timedelta(minutes=16)))), POLICY),
    ("slip-is-fresh", "expired", sealed(slip=opened(slip(expires=NOW))), POLICY),
    ("slip-is-fresh", "lives too long", sealed(slip=opened(slip(expires=NOW + OLD))), POLICY),
    ("slip-names-parties", "asks for another Party", sealed(slip=opened(slip(requesting_party="PK"))), POLICY),
    (
        "slip-names-parties",
        "answers for another Party",
        sealed_reply(sender=sender(officer=build.officer(party="PK"), party=build.party("PK"))),
        POLICY,
    ),
    ("slip-matches-body", "q22: body of another mail", sealed(body_sha256="cd" * 32), POLICY),
    ("slip-is-unseen", "same slip, another body", sealed(slip=opened(seen_body_sha256="cd" * 32)), POLICY),
    ("party-is-member", "unknown", sealed(party=None), NO_SUCH_MAILBOX),
    ("party-is-member", "suspended", direct(party=build.party("EU", active=False)), NO_SUCH_MAILBOX),
    ("party-is-member", "left today", direct(party=build.party("EU", member_until=NOW.date())), NO_SUCH_MAILBOX),
    ("party-is-another", "its own", direct(party=build.party("KE")), POLICY),
    ("party-can-read", "no reading certificate in force", direct(party_key_ids=frozenset()), POLICY),
    (
        "sender-has-role",
        "may only reply",
        sealed(sender=sender(officer=build.officer(roles=frozenset({Role.REPLY})))),
        POLICY,
    ),
    (
        "sender-has-role",
        "may only query",
        sealed_reply(
            sender=sender(officer=build.officer(party="EU", roles=frozenset({Role.QUERY})), party=build.party("EU"))
        ),
        POLICY,
    ),
    (
        "sender-has-role",
        "review is no query",
        direct(sender=sender(officer=build.officer(roles=frozenset({Role.REVIEW})))),
        POLICY,
    ),
    ("exchange-fits", "query with a known id", sealed(exchange=build.exchange()), POLICY),
    ("exchange-fits", "reply to nothing", sealed_reply(exchange=None), POLICY),
    ("exchange-fits", "reply of the Party that asked", sealed_reply(exchange=build.exchange("EU", "KE")), POLICY),
    ("exchange-fits", "reply to others' exchange", sealed_reply(exchange=build.exchange("PK", "EU")), POLICY),
    ("library-is-current", "expired", sealed(library=LibraryFacts(2, NOW, frozenset({"EU"}))), TRY_AGAIN),
    ("pattern-is-partys", "no pattern", sealed(slip=opened(slip(pattern_id=None, library_version=None))), POLICY),
    ("pattern-is-partys", "newer than here", sealed(slip=opened(slip(library_version=3))), POLICY),
    ("recipients-are-allowed", "not the Party", sealed(body_recipients=(build.OWN_PARTY_KEY,)), POLICY),
    (
        "recipients-are-allowed",
        "a stranger besides",
        sealed(body_recipients=(build.PARTY_KEY, build.STRANGER_KEY)),
        POLICY,
    ),
    (
        "recipients-are-allowed",
        "the gateway besides",
        direct(body_recipients=(build.PARTY_KEY, build.GATEWAY_KEY)),
        POLICY,
    ),
    ("recipients-are-allowed", "nobody", direct(body_recipients=()), POLICY),
]


@pytest.mark.parametrize(
    ("name", "case", "facts", "reply"), REFUSED, ids=[f"{name}: {case}" for name, case, _, _ in REFUSED]
)
def test_refused(name: str, case: str, facts: Facts, reply: Reply) -> None:
    table = DIRECT_TABLE if facts.slip is None else SEALED_TABLE
    notice = NoticeKind.PARTY_CANNOT_READ if name == "party-can-read" else None
    assert judge_facts(table, facts).refusal == Refusal(reply, name, notice), case


def test_every_rule_refuses_something_here() -> None:
    moved = {"pattern-is-partys"}
    assert {name for name, _, _, _ in REFUSED} | moved == {rule.name for rule in SEALED_TABLE}


@pytest.mark.parametrize("holders", [frozenset(), frozenset({"PK"}), frozenset({"PK", "UA"})])
def test_a_pattern_that_moved_is_explained_by_notice(holders: frozenset[str]) -> None:
    facts = sealed(library=LibraryFacts(3, NOW + OLD, holders))
    expected = Refusal(POLICY, "pattern-is-partys", NoticeKind.PATTERN_MOVED)
    assert judge_facts(SEALED_TABLE, facts).refusal == expected


KE_READING_AND_OWN = (build.PARTY_KEY, build.OFFICER_KEY, build.OWN_PARTY_KEY)
PASSED: dict[str, Facts] = {
    "From in capitals of its domain": sealed(sender=sender(header_address="alice@CUSTOMS.ke.test")),
    "slip readable by its sender too": sealed(slip=opened(recipients=(build.GATEWAY_KEY, build.OFFICER_KEY))),
    "clock ahead within the tolerance": sealed(
        slip=opened(slip(created=NOW + timedelta(minutes=15)), signed_at=NOW + timedelta(minutes=15))
    ),
    "last second of a slip": sealed(slip=opened(slip(expires=NOW + timedelta(seconds=1)))),
    "longest life": sealed(slip=opened(slip(created=NOW, expires=NOW + timedelta(days=7)))),
    "signature as old as a slip may be": sealed(slip=opened(signed_at=NOW - timedelta(days=7))),
    "honest retry": sealed(slip=opened(seen_body_sha256=build.BODY)),
    "body for the Party, the sender and the sender's Party": sealed(body_recipients=KE_READING_AND_OWN),
    "pattern of several Parties": sealed(library=LibraryFacts(2, NOW + OLD, frozenset({"EU", "PK"}))),
    "recognised by an older library that still holds": sealed(slip=opened(slip(library_version=1))),
    "reply while the library is expired": sealed_reply(library=LibraryFacts(2, NOW, frozenset())),
    "direct query while the library is expired": direct(library=LibraryFacts(2, NOW, frozenset())),
    "direct query in a known exchange": direct(exchange=build.exchange()),
    "acknowledgement": sealed_reply(message_class=MessageClass.ACKNOWLEDGEMENT),
    "a request that is not about UIDs": sealed(slip=opened(slip(form_pack="administrative-assistance", **NO_PATTERN))),
    "the same in its second version": sealed(
        slip=opened(slip(form_pack="administrative-assistance", form_version="2", **NO_PATTERN))
    ),
    "information nobody asked for": sealed(
        slip=opened(slip(form_pack="seizure-report", message_class=MessageClass.NOTICE, **NO_PATTERN)),
        message_class=MessageClass.NOTICE,
    ),
    "the same, asked for": sealed_reply(
        slip=opened(
            slip(form_pack="seizure-report", message_class=MessageClass.REPLY, exchange=build.EXCHANGE_ID, **NO_PATTERN)
        )
    ),
    "member until tomorrow": direct(party=build.party("EU", member_until=NOW.date() + timedelta(days=1))),
}


@pytest.mark.parametrize("facts", PASSED.values(), ids=PASSED.keys())
def test_passed(facts: Facts) -> None:
    assert judge_facts(DIRECT_TABLE if facts.slip is None else SEALED_TABLE, facts).refusal is None


def test_no_refusal_names_anybody() -> None:
    for _, _, facts, _ in REFUSED:
        refusal = judge_facts(DIRECT_TABLE if facts.slip is None else SEALED_TABLE, facts).refusal
        assert refusal is not None
        assert not any(word in refusal.reply.text for word in ("KE", "EU", "alice", "@", "certificate", "slip"))


def test_an_expired_subkey_beside_a_good_one_is_no_recipient() -> None:
    keys = (build.key(build.OFFICER_KEY), build.key("9" * 16, expires_at=NOW))
    facts = sealed(sender=sender(certificate=build.certificate(keys=keys)))
    assert judge_facts(SEALED_TABLE, facts).refusal is None
    broken = replace(facts, body_recipients=(build.PARTY_KEY, "9" * 16))
    assert judge_facts(SEALED_TABLE, broken).refusal == Refusal(POLICY, "recipients-are-allowed")


def test_what_the_replaced_certificate_signed_is_the_officers_during_the_overlap() -> None:
    """The new certificate is in use; slip, body and signature are still those of the one before it."""
    replaced = build.certificate(fingerprint="F" * 40, keys=(build.key("F" * 16),))
    before = sealed(sender=sender(certificate=replaced, previous=build.certificate()))
    assert judge_facts(SEALED_TABLE, before).refusal is None
    after = sealed(sender=sender(certificate=replaced, previous=None))
    assert judge_facts(SEALED_TABLE, after).refusal is not None
