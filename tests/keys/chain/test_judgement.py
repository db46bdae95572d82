"""The judge alone: values in, verdict out. What GnuPG can't be made to write is written here."""

from datetime import UTC, datetime, timedelta

import pytest

from keyring_admin.chain.judgement import Administrator, Judge, Verdict
from keyring_admin.chain.scope import ScopeExpression, scope_domains
from keyring_admin.chain.signatures import Certification, CertifiedUserId, SignedCertificate
from keyring_admin.chain_state import ChainState

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(days=10)
ROOT = SignedCertificate("A" * 40, None, None, ())
SCOPE = ScopeExpression(r"<[^>]+[@.]customs\.ke\.test>$", critical=True)


def certified(*certifications: Certification, text: str = "Alice <alice@customs.ke.test>") -> SignedCertificate:
    return SignedCertificate("C" * 40, None, None, (CertifiedUserId(text, certifications),))


def judge() -> Judge:
    return Judge(ROOT, NOW, special_use_domains=True)


def officer(*certifications: Certification) -> Verdict:
    verdict = Verdict(ChainState.IN_FORCE)
    administrator = Administrator("B" * 40, "KE", verdict, {"customs.ke.test": None})
    return judge().officer(certified(*certifications), "alice@customs.ke.test", [administrator])


def administrator(*certifications: Certification) -> Administrator:
    return judge().administrator(
        certified(*certifications), "alice@customs.ke.test", "KE", {"customs.ke.test", "coast.ke.test"}, regional=False
    )


def trust(*expressions: ScopeExpression, depth: int = 1, amount: int = 120) -> Certification:
    return Certification("A" * 40, BEFORE, 8, trust_depth=depth, trust_amount=amount, expressions=expressions)


@pytest.mark.parametrize("algorithm", [1, 2, 3])
def test_md5_sha1_and_ripemd_do_not_count(algorithm: int) -> None:
    """KEY-20."""
    assert officer(Certification("B" * 40, BEFORE, algorithm)).state is ChainState.TOO_WEAK
    assert officer(Certification("B" * 40, BEFORE, 8)).state is ChainState.IN_FORCE


def test_a_weak_certification_does_not_hide_a_strong_one_nor_stand_in_for_one_that_expired() -> None:
    strong = Certification("B" * 40, BEFORE, 8, expires=NOW - timedelta(days=1))
    weak = Certification("B" * 40, NOW - timedelta(days=1), 2)
    assert officer(strong, weak).state is ChainState.CERTIFICATION_EXPIRED
    assert officer(Certification("B" * 40, BEFORE, 8), weak).state is ChainState.IN_FORCE


def test_the_newest_certification_says_how_long() -> None:
    long = Certification("B" * 40, BEFORE, 8)
    short = Certification("B" * 40, BEFORE + timedelta(days=1), 8, expires=NOW - timedelta(days=1))
    assert officer(long, short).state is ChainState.CERTIFICATION_EXPIRED


def test_one_that_claims_not_to_be_revocable_can_be_revoked() -> None:
    given = Certification("B" * 40, BEFORE, 8, revocable=False)
    taken = Certification("B" * 40, NOW - timedelta(days=1), 8, signature_class=0x30)
    assert officer(given).state is ChainState.IN_FORCE
    assert officer(given, taken).state is ChainState.CERTIFICATION_REVOKED


def test_even_a_weak_revocation_counts() -> None:
    given = Certification("B" * 40, BEFORE, 8)
    taken = Certification("B" * 40, NOW - timedelta(days=1), 2, signature_class=0x30)
    assert officer(given, taken).state is ChainState.CERTIFICATION_REVOKED


@pytest.mark.parametrize(
    "expressions",
    [
        (),
        (ScopeExpression(SCOPE.text, critical=False),),
        (ScopeExpression(".*", critical=True),),
        (SCOPE, ScopeExpression(".*", critical=True)),
        (SCOPE, ScopeExpression(SCOPE.text, critical=False)),
        (ScopeExpression(r"<[^>]+[@.]customs.ke.test>$", critical=True),),  # dots that match anything
        (ScopeExpression(r"<[^>]+[@.]customs\.ke\.test>", critical=True),),  # no end
        (ScopeExpression(r"[^>]+[@.]customs\.ke\.test>$", critical=True),),
        (ScopeExpression(r"<[^>]+[@.]customs\.ke\.test>$|.*", critical=True),),
        (ScopeExpression("<[^>]+[@.]customs\\.ke\\.test>$\n", critical=True),),
        (ScopeExpression(r"<[^>]+[@.]customs\.ke\.tеst>$", critical=True),),  # a Cyrillic e
    ],
)
def test_only_the_one_shape_is_a_scope(expressions: tuple[ScopeExpression, ...]) -> None:
    """KEY-15, KEY-16."""
    assert administrator(trust(*expressions)).verdict.state is ChainState.TRUST_NOT_SCOPED
    assert administrator(trust(SCOPE)).verdict.state is ChainState.IN_FORCE


def test_any_of_several_expressions_may_match() -> None:
    """KEY-16, RFC 9580 §5.2.3.22; and GnuPG writes a hyphen with a backslash."""
    coast = ScopeExpression(r"<[^>]+[@.]Coast\.KE\.test>$", critical=True)
    judged = administrator(trust(SCOPE, coast))
    assert set(judged.domains) == {"customs.ke.test", "coast.ke.test"}
    assert scope_domains([ScopeExpression(r"<[^>]+[@.]a\-b\.test>$", critical=True)]) == {"a-b.test"}


def test_each_domain_ends_with_the_signature_that_gave_it() -> None:
    end = NOW + timedelta(days=3)
    coast = ScopeExpression(r"<[^>]+[@.]coast\.ke\.test>$", critical=True)
    brief = Certification("A" * 40, BEFORE, 8, expires=end, trust_depth=1, trust_amount=120, expressions=(coast,))
    judged = administrator(trust(SCOPE), brief)
    assert judged.verdict.until is None
    assert judged.domains == {"customs.ke.test": None, "coast.ke.test": end}


def test_the_last_of_several_administrators_is_enough() -> None:
    good = Administrator("B" * 40, "KE", Verdict(ChainState.IN_FORCE), {"customs.ke.test": None})
    gone = Administrator("D" * 40, "KE", Verdict(ChainState.EXPIRED), {})
    both = certified(Certification("B" * 40, BEFORE, 8), Certification("D" * 40, BEFORE, 8))
    assert judge().officer(both, "alice@customs.ke.test", [gone, good]).state is ChainState.IN_FORCE
    assert judge().officer(both, "alice@customs.ke.test", [gone]).state is ChainState.CERTIFIER_NOT_IN_FORCE
