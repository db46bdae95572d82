"""Make a query about UIDs, and the reply to it (Protocol, Articles 8.4.1 and 8.9)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from forms.entries import Entry, compose, flatten
from forms.errors import FormError, FormErrorCode
from forms.form import Form
from forms.pack import core_shelf
from forms.uids import encode_uid


class Purpose(Enum):
    """What a query is for (Article 8.9 (b))."""

    DETECTION = "detection"
    INVESTIGATION = "investigation"


class Item(Enum):
    """An item of Article 8.4.1; the value is the name of its group in a reply."""

    A = "manufacture"
    B = "facility"
    C = "machine"
    D = "shift"
    E = "first-customer"
    F = "intended-market"
    G = "product"
    H = "warehousing"
    I = "subsequent-purchasers"  # noqa: E741 -- the Protocol's own letter
    J = "shipment"


class AnswerStatus(Enum):
    """What became of a UID."""

    FOUND = "found"
    NOT_FOUND = "not-found"
    NOT_OURS = "not-ours"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    PARTIAL = "partial"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Handling:
    """Conditions of use: a handling code and an onward-transmission rule of common/1/types.xsd."""

    code: str = "officials-only"
    onward_transmission: str = "not-without-consent"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one UID, or for several that share it.

    entries: items of Article 8.4.1 with paths relative to the answer ("manufacture/date"). refusal_reason: a refusal
    code, with REFUSED only. other_party: who may be responsible, with NOT_OURS only.
    """

    uids: tuple[bytes, ...] = field(repr=False)
    status: AnswerStatus
    entries: tuple[Entry, ...] = ()
    refusal_reason: str | None = None
    other_party: str | None = None
    deactivated: bool | None = None


def new_query(
    uids: Sequence[bytes],
    *,
    justification: str,
    purpose: Purpose,
    items: Sequence[Item] = tuple(Item),
    handling: Handling = Handling(),
    language: str = "en",
    library_version: int | None = None,
) -> Form:
    """Make a query that is not bound yet.

    uids: 1 to 10,000, each once. justification: why it is necessary. items: those of Article 8.4.1 asked for.
    Raises FormError.
    """
    entries = [
        *_header(handling),
        Entry("purpose", purpose.value),
        Entry("justification", justification),
        *(Entry(f"items/item[{n}]", item.name.lower()) for n, item in enumerate(items, 1)),
        *(Entry(f"marking[{n}]/uid", encode_uid(uid)) for n, uid in enumerate(uids, 1)),
    ]
    if library_version is not None:
        entries.append(Entry("library-version", str(library_version)))
    return compose(core_shelf().pack("uid-query", "1"), language, entries)


def new_reply(
    query: Form, answers: Sequence[Answer], *, handling: Handling = Handling(), language: str | None = None
) -> Form:
    """Make the reply to `query`, not bound yet; `bind` it with the query's digest.

    answers: together exactly the UIDs of the query. language: of the free text; the query's by default. Raises
    FormError: INCONSISTENT if the answers are for other UIDs than the query's or give an item nobody asked for.
    """
    entries = list(_header(handling))
    for number, answer in enumerate(answers, 1):
        entries.extend(_answer_entries(answer, f"answer[{number}]"))
    reply = compose(core_shelf().pack("uid-reply", "1"), language or query.language, entries)
    check_reply(query, reply)
    return reply


def check_reply(query: Form, reply: Form) -> None:
    """Check that a reply is about its query: the same UIDs, no item that was not asked for.

    Raises FormError with INCONSISTENT.
    """
    if (query.pack, reply.pack) != ("uid-query", "uid-reply"):
        raise FormError(FormErrorCode.INCONSISTENT)
    if set(query.uids) != set(reply.uids):
        raise FormError(FormErrorCode.INCONSISTENT, "answer/uid")
    asked = items_of(query)
    given = {entry.path.split("/")[1].partition("[")[0] for entry in flatten(reply) if entry.path.startswith("answer[")}
    for item in Item:
        if item.value in given and item not in asked:
            raise FormError(FormErrorCode.INCONSISTENT, f"answer/{item.value}")


def items_of(query: Form) -> frozenset[Item]:
    """Return the items of Article 8.4.1 that a query asks for."""
    return frozenset(Item[entry.value.upper()] for entry in flatten(query) if entry.path.startswith("items/item"))


def _header(handling: Handling) -> tuple[Entry, Entry]:
    return (
        Entry("header/handling", handling.code),
        Entry("header/onward-transmission", handling.onward_transmission),
    )


def _answer_entries(answer: Answer, path: str) -> list[Entry]:
    entries = [Entry(f"{path}/uid[{n}]", encode_uid(uid)) for n, uid in enumerate(answer.uids, 1)]
    entries.append(Entry(f"{path}/status", answer.status.value))
    if answer.refusal_reason is not None:
        entries.append(Entry(f"{path}/refusal-reason", answer.refusal_reason))
    if answer.other_party is not None:
        entries.append(Entry(f"{path}/other-party", answer.other_party))
    if answer.deactivated is not None:
        entries.append(Entry(f"{path}/deactivated", "yes" if answer.deactivated else "no"))
    entries.extend(replace(entry, path=f"{path}/{entry.path}") for entry in answer.entries)
    return entries
