"""The rules of `resolve@` one by one: what passes, what is refused, and by which constant reply."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.opener.frames import JobResult, Outcome
from gateway.policy.facts import GatewayFacts, Refusal, SenderFacts
from gateway.replies import MALFORMED, POLICY, TRY_AGAIN
from gateway.resolve.rules import (
    answer_is_encrypted,
    question_has_uids,
    question_is_for_gateway,
    question_is_signed,
    question_opens,
)
from gnupg_keys import Key, seal
from keyring_admin.certificate_store import Certificate, Purpose
from keyring_admin.certificates import examine_certificate

from .conftest import People

NOW = datetime.now(UTC)
OURS, READING = "A" * 16, "B" * 16


def certificate_of(key: Key) -> Certificate:
    facts = examine_certificate(key.certificate, key.address, now=NOW, special_use_domains=True)
    return Certificate(facts.fingerprint, Purpose.OFFICER, "KE", None, facts.keys, facts.octets)


@pytest.fixture
def gateway() -> GatewayFacts:
    return GatewayFacts(NOW, "F" * 40, frozenset({OURS}), timedelta(days=7), timedelta(minutes=15))


@pytest.fixture
def alice(people: People) -> Certificate:
    return certificate_of(people.alice)


@pytest.fixture
def sender(alice: Certificate) -> SenderFacts:
    return SenderFacts(None, None, alice, "alice@customs.ke.test", frozenset({READING}))


def own(certificate: Certificate) -> str:
    (key_id,) = certificate.encryption_key_ids(NOW)
    return key_id


class TestForGateway:
    def test_to_the_gateway_and_the_sender_s_side(self, gateway: GatewayFacts, sender: SenderFacts) -> None:
        assert sender.certificate is not None
        for others in ((), (own(sender.certificate),), (READING, own(sender.certificate))):
            assert question_is_for_gateway((OURS, *others), gateway, sender) is None

    def test_to_nobody_else(self, gateway: GatewayFacts, sender: SenderFacts) -> None:
        assert sender.certificate is not None
        refusal = Refusal(POLICY, "question-is-for-gateway")
        for recipients in ((), (own(sender.certificate),), (OURS, "C" * 16), (READING,)):
            assert question_is_for_gateway(recipients, gateway, sender) == refusal
        without = replace(sender, certificate=None)
        assert question_is_for_gateway((OURS, own(sender.certificate)), gateway, without) == refusal


class TestSigned:
    def result(self, alice: Certificate, **changes: object) -> JobResult:
        (signing,) = alice.signing_fingerprints(NOW)
        return replace(JobResult(Outcome.OPENED, signer=signing, signed_at=NOW), **changes)  # type: ignore[arg-type]  # any field

    def test_by_a_key_in_force_at_a_believable_time(
        self, gateway: GatewayFacts, sender: SenderFacts, alice: Certificate
    ) -> None:
        for moment in (NOW, NOW - timedelta(days=6), NOW + timedelta(minutes=14)):
            assert question_is_signed(self.result(alice, signed_at=moment), gateway, sender) is None

    def test_else_refused(self, gateway: GatewayFacts, sender: SenderFacts, alice: Certificate) -> None:
        refusal = Refusal(POLICY, "question-is-signed")
        for changes in (
            {"signer": None},
            {"signer": "0" * 40},
            {"signed_at": None},
            {"signed_at": NOW - timedelta(days=8)},
            {"signed_at": NOW + timedelta(minutes=16)},
            {"outcome": Outcome.BAD_SIGNATURE, "signer": None, "signed_at": None},
        ):
            assert question_is_signed(self.result(alice, **changes), gateway, sender) == refusal
        withdrawn = replace(sender, certificate=replace(alice, withdrawn_at=NOW))
        assert question_is_signed(self.result(alice), gateway, withdrawn) == refusal


def test_not_to_open_and_to_be_signed_badly_are_told_alike() -> None:
    refusal = question_opens(JobResult(Outcome.UNOPENABLE))
    assert refusal is not None
    assert refusal.reply == POLICY
    assert question_opens(JobResult(Outcome.OPENED)) is None
    assert question_opens(JobResult(Outcome.NO_SLIP)) is not None


def test_no_uids() -> None:
    assert question_has_uids(JobResult(Outcome.NO_UIDS)) == Refusal(MALFORMED, "question-has-uids")
    assert question_has_uids(JobResult(Outcome.OPENED)) is None


class TestAnswer:
    """A worker that was taken over could hand back anything."""

    def test_encrypted_to_the_officer(self, people: People, gateway: GatewayFacts, sender: SenderFacts) -> None:
        octets = seal(people.alice, [people.alice.fingerprint], b"answer")
        assert answer_is_encrypted(octets, gateway, sender) is None

    def test_readable_or_for_others_is_never_stored(
        self, people: People, gateway: GatewayFacts, sender: SenderFacts
    ) -> None:
        refusal = Refusal(TRY_AGAIN, "answer-is-encrypted")
        both = seal(people.alice, [people.alice.fingerprint, people.mallory.fingerprint], b"answer")
        for octets in (
            b"",
            b"QCALLa7K2m9XqZB4c124051914",
            seal(people.alice, [people.mallory.fingerprint], b"x"),
            both,
        ):
            assert answer_is_encrypted(octets, gateway, sender) == refusal
