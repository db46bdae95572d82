"""Passwords: one hash for submission and Dovecot, the same time for known and unknown officers."""

import statistics
import time
import unicodedata

import pytest

from mailroom.credentials import PasswordRuleError, StoredHashError, hash_password, new_password, verify_password


def test_only_the_password_that_was_hashed_is_verified() -> None:
    stored = hash_password("correct-horse")
    assert verify_password(stored, "correct-horse")
    assert not verify_password(stored, "correct-horsf")
    assert not verify_password(stored, "")
    assert stored != hash_password("correct-horse")


def test_the_hash_is_argon2id_with_19_mebibytes_and_fits_its_column() -> None:
    stored = hash_password("correct-horse")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert len(stored) <= 255


def test_spellings_of_one_password_are_the_same_after_normalisation() -> None:
    composed = unicodedata.normalize("NFC", "Zoë-in-Nairobi")
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    assert verify_password(hash_password(decomposed), composed)
    assert verify_password(hash_password(composed), decomposed)


@pytest.mark.parametrize(
    "password", ["", "1234567", "x" * 129, "é" * 65, "nul\x00inside", "line\nbreak", "bell\x07bell", "\ud800" * 8]
)
def test_a_password_against_the_rules_is_neither_hashed_nor_verified(password: str) -> None:
    with pytest.raises(PasswordRuleError) as error:
        hash_password(password)
    assert not password or password not in str(error.value)
    assert not verify_password(hash_password("correct-horse"), password)


@pytest.mark.parametrize("password", ["12345678", "x" * 128, "é" * 64])
def test_the_shortest_and_longest_passwords_are_hashed(password: str) -> None:
    assert verify_password(hash_password(password), password)


def test_an_unknown_officer_is_refused_with_any_password() -> None:
    assert not verify_password(None, "correct-horse")
    assert not verify_password(None, "")


def test_unknown_officers_and_broken_passwords_cost_one_verification() -> None:
    stored = hash_password("correct-horse")
    right = _median_time(stored, "correct-horse")
    for password_hash, password in ((None, "correct-horse"), (stored, "wrong-horse"), (stored, ""), (None, "")):
        assert 0.4 * right < _median_time(password_hash, password) < 2.5 * right


def _median_time(password_hash: str | None, password: str) -> float:
    times = []
    for _ in range(5):
        started = time.thread_time()
        verify_password(password_hash, password)
        times.append(time.thread_time() - started)
    return statistics.median(times)


@pytest.mark.parametrize("stored", ["", "plain", "$2b$12$abc", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$x$y"])
def test_a_stored_hash_of_another_kind_is_an_error(stored: str) -> None:
    with pytest.raises(StoredHashError):
        verify_password(stored, "correct-horse")


def test_new_passwords_are_readable_random_and_keep_the_rules() -> None:
    made = {new_password() for _ in range(100)}
    assert len(made) == 100
    assert not set("".join(made)) - set("abcdefghjkmnpqrstuvwxyz23456789-")
    assert verify_password(hash_password(one := made.pop()), one)
