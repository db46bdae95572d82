"""A signed form is tied to one exchange: replayed, re-attached or forwarded, it is caught (DESIGN §5.2)."""

from datetime import timedelta

import pytest

from forms import (
    BindingError,
    BindingErrorCode,
    Expectation,
    FormError,
    FormErrorCode,
    bind,
    check_bindings,
    digest,
    validate,
)

from .builders import CREATED, EXCHANGE, EXPIRES, bindings, query, reply_to

QUERY = bind(query(), bindings())
REPLY = reply_to(QUERY)
NOW = CREATED + timedelta(hours=1)
EXPECTED_QUERY = Expectation(EXCHANGE, "KE", "EU")
EXPECTED_REPLY = Expectation(EXCHANGE, "KE", "EU", digest(QUERY))


def test_a_form_in_its_own_exchange_is_accepted() -> None:
    check_bindings(QUERY, EXPECTED_QUERY, now=NOW)
    check_bindings(REPLY, EXPECTED_REPLY, now=NOW, seen={digest(QUERY)})


def test_binding_changes_nothing_but_the_binding() -> None:
    assert query().bindings is None
    assert QUERY.bindings == bindings()
    assert QUERY.uids == query().uids
    assert validate(QUERY.canonical) == QUERY
    assert bind(bind(query(), bindings(exchange="0" * 26)), bindings()) == QUERY


def test_a_replayed_form_is_caught() -> None:
    with pytest.raises(BindingError) as caught:
        check_bindings(REPLY, EXPECTED_REPLY, now=NOW, seen={digest(REPLY)})
    assert caught.value.code is BindingErrorCode.REPLAYED


@pytest.mark.parametrize(
    ("expected", "code"),
    [
        pytest.param(Expectation("0" * 26, "KE", "EU", digest(QUERY)), "other-exchange", id="re-attached"),
        pytest.param(Expectation(EXCHANGE, "KE", "BR", digest(QUERY)), "other-requested-party", id="forwarded"),
        pytest.param(Expectation(EXCHANGE, "BR", "EU", digest(QUERY)), "other-requesting-party", id="re-addressed"),
        pytest.param(Expectation(EXCHANGE, "KE", "EU", "0" * 64), "other-query", id="answer-to-another-query"),
        pytest.param(Expectation(EXCHANGE, "KE", "EU"), "other-query", id="reply-passed-off-as-query"),
    ],
)
def test_a_form_in_another_exchange_is_caught(expected: Expectation, code: str) -> None:
    with pytest.raises(BindingError) as caught:
        check_bindings(REPLY, expected, now=NOW)
    assert caught.value.code.value == code


def test_an_unbound_an_expired_and_a_future_form_are_caught() -> None:
    cases = (
        (query(), NOW, BindingErrorCode.NOT_BOUND),
        (QUERY, EXPIRES + timedelta(minutes=16), BindingErrorCode.EXPIRED),
        (QUERY, CREATED - timedelta(minutes=16), BindingErrorCode.CREATED_IN_FUTURE),
    )
    for form, now, code in cases:
        with pytest.raises(BindingError) as caught:
            check_bindings(form, EXPECTED_QUERY, now=now)
        assert caught.value.code is code
    for now in (EXPIRES + timedelta(minutes=14), CREATED - timedelta(minutes=14)):
        check_bindings(QUERY, EXPECTED_QUERY, now=now)


def test_a_reply_without_and_a_query_with_a_query_hash_are_refused() -> None:
    with pytest.raises(FormError) as caught:
        bind(REPLY, bindings())
    assert caught.value.problem.rule == "reply-binds-a-query"
    with pytest.raises(FormError) as caught:
        bind(QUERY, bindings(query_sha256="0" * 64))
    assert caught.value.problem.rule == "query-binds-no-query"


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"expires": CREATED}, FormErrorCode.EXPIRES_BEFORE_CREATED, "binding/expires"),
        ({"requested_party": "KE"}, FormErrorCode.INCONSISTENT, "binding/requested-party"),
        ({"exchange": "x"}, FormErrorCode.BAD_VALUE, "binding/exchange"),
        ({"requesting_party": "Kenya"}, FormErrorCode.BAD_VALUE, "binding/requesting-party"),
    ],
)
def test_bindings_that_make_no_sense_are_refused(changes: dict[str, object], code: FormErrorCode, path: str) -> None:
    with pytest.raises(FormError) as caught:
        bind(query(), bindings(**changes))
    assert (caught.value.code, caught.value.path) == (code, path)


def test_changing_one_octet_of_the_query_changes_what_the_reply_must_be_bound_to() -> None:
    other = bind(query(justification="Seized at the porT"), bindings())
    assert digest(other) != digest(QUERY)
    with pytest.raises(BindingError):
        check_bindings(REPLY, Expectation(EXCHANGE, "KE", "EU", digest(other)), now=NOW)
