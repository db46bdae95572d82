"""Identifiers mean nothing and have one spelling."""

import pytest

from forms import is_identifier, is_token, new_identifier, new_token


def test_new_identifiers_and_tokens_are_valid_and_differ() -> None:
    identifiers = {new_identifier() for _ in range(200)}
    tokens = {new_token() for _ in range(200)}
    assert len(identifiers) == len(tokens) == 200
    assert all(map(is_identifier, identifiers))
    assert all(map(is_token, tokens))


def test_every_bit_of_an_identifier_is_used() -> None:
    sample = [new_identifier() for _ in range(400)]
    assert {text[0] for text in sample} == set("01234567")
    assert set("".join(text[1:] for text in sample)) == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@pytest.mark.parametrize(
    "text",
    ["", "0" * 25, "0" * 27, "8" + "0" * 25, "0" * 25 + "I", "0" * 25 + "l", "0" * 26 + "\n", "０" * 26, "a" * 26],
)
def test_what_only_looks_like_an_identifier_is_refused(text: str) -> None:
    assert not is_identifier(text)


@pytest.mark.parametrize("text", ["", "7F3K9Q2M", "7F3K-9Q2", "7f3k-9q2m", "7F3K-9Q2M\n", "UIIL-0000", "7F3K-9Q2M-"])
def test_what_only_looks_like_a_token_is_refused(text: str) -> None:
    assert not is_token(text)
    assert is_token("7F3K-9Q2M")
