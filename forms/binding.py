"""Bind a form to one exchange before it is signed, and check the bindings of one that was received (DESIGN §5.2).

Contract: pure; the caller remembers the digests it has seen and passes them in, and passes the clock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from lxml import etree

from forms.form import MOMENT, Bindings, Form, digest
from forms.pack import PackShelf
from forms.validation import validate

CLOCK_TOLERANCE = timedelta(minutes=15)


class BindingErrorCode(Enum):
    """Why a received form must not be trusted. The value is a key of the message catalogues."""

    NOT_BOUND = "not-bound"
    OTHER_EXCHANGE = "other-exchange"
    OTHER_REQUESTING_PARTY = "other-requesting-party"
    OTHER_REQUESTED_PARTY = "other-requested-party"
    OTHER_QUERY = "other-query"
    CREATED_IN_FUTURE = "created-in-future"
    EXPIRED = "expired"
    REPLAYED = "replayed"


class BindingError(ValueError):
    """A form is not bound to the exchange it came in. Carries a constant code only."""

    def __init__(self, code: BindingErrorCode) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the envelope, or the recipient's own memory, says the bindings must be.

    query_sha256: digest of the query that this must answer; None if it must answer none.
    """

    exchange: str
    requesting_party: str
    requested_party: str
    query_sha256: str | None = None


def bind(form: Form, bindings: Bindings, *, shelf: PackShelf | None = None) -> Form:
    """Return the form with `bindings` in the place of any it had. Raises FormError if they do not fit."""
    root = form.tree()
    namespace = etree.QName(root).namespace
    for old in root.findall(f"{{{namespace}}}binding"):
        root.remove(old)
    group = etree.Element(f"{{{namespace}}}binding")
    for name, value in _texts(bindings):
        if value is not None:
            etree.SubElement(group, f"{{{namespace}}}{name}").text = value
    root.insert(0, group)
    return validate(etree.tostring(root), shelf=shelf)


def check_bindings(form: Form, expected: Expectation, *, now: datetime, seen: Collection[str] = frozenset()) -> None:
    """Check that a received form belongs to the exchange it came in.

    expected: from the verified envelope. now: aware. seen: digests of the forms received before. Raises BindingError:
    replayed, re-attached to another exchange, forwarded to another Party, answering another query, too old or from
    the future (by more than 15 minutes).
    """
    bound = form.bindings
    if bound is None:
        raise BindingError(BindingErrorCode.NOT_BOUND)
    checks = (
        (bound.exchange == expected.exchange, BindingErrorCode.OTHER_EXCHANGE),
        (bound.requesting_party == expected.requesting_party, BindingErrorCode.OTHER_REQUESTING_PARTY),
        (bound.requested_party == expected.requested_party, BindingErrorCode.OTHER_REQUESTED_PARTY),
        (bound.query_sha256 == expected.query_sha256, BindingErrorCode.OTHER_QUERY),
        (bound.created <= now + CLOCK_TOLERANCE, BindingErrorCode.CREATED_IN_FUTURE),
        (now <= bound.expires + CLOCK_TOLERANCE, BindingErrorCode.EXPIRED),
        (digest(form) not in seen, BindingErrorCode.REPLAYED),
    )
    for holds, code in checks:
        if not holds:
            raise BindingError(code)


def _texts(bindings: Bindings) -> tuple[tuple[str, str | None], ...]:
    return (
        ("exchange", bindings.exchange),
        ("requesting-party", bindings.requesting_party),
        ("requested-party", bindings.requested_party),
        ("created", bindings.created.astimezone(UTC).strftime(MOMENT)),
        ("expires", bindings.expires.astimezone(UTC).strftime(MOMENT)),
        ("query-sha256", bindings.query_sha256),
    )
