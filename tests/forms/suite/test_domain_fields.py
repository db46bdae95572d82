"""What the Protocol and its sources ask for, field by field, and where each core pack has it.

Left: the field as the list of proposed forms calls it. Right: its path in the pack (of the root: "binding", "header"),
an attribute of the root as "@name", or the name of another pack as "pack:name". `LEFT_OUT` says what has no place, why.
"""

import pytest

from forms import core_shelf
from forms.fields import Field
from forms.pack import Pack

BINDING = {
    "form id and version": "@xmlns",
    "message id, correlation id": "binding/exchange",
    "in reply to": "binding/query-sha256",
    "requesting Party": "binding/requesting-party",
    "requested Party": "binding/requested-party",
    "created": "binding/created",
    "language": "@language",
}
HEADER = BINDING | {
    "authority": "header/authority",
    "contact": "header/contact/name",
    "contact, mail": "header/contact/e-mail",
    "contact, telephone": "header/contact/telephone",
    "handling code": "header/handling",
    "onward transmission (Article 21.2)": "header/onward-transmission",
    "urgency": "header/urgency",
    "reason for urgency": "header/urgency-reason",
    "requested by date, deadline": "header/answer-by",
    "case reference (local)": "header/case-reference",
}
ITEMS = {
    "8.4.1 (a) date of manufacture": "answer/manufacture/date",
    "8.4.1 (a) location of manufacture": "answer/manufacture/place",
    "8.4.1 (b) manufacturing facility": "answer/facility/name",
    "8.4.1 (c) machine": "answer/machine/identifier",
    "8.4.1 (d) production shift": "answer/shift/shift-name",
    "8.4.1 (d) or time of manufacture": "answer/shift/time",
    "8.4.1 (e) first customer, name": "answer/first-customer/name",
    "8.4.1 (e) first customer, invoice": "answer/first-customer/invoice",
    "8.4.1 (e) first customer, order number": "answer/first-customer/order",
    "8.4.1 (e) first customer, payment records": "answer/first-customer/payment",
    "8.4.1 (f) intended market of retail sale": "answer/intended-market/country",
    "8.4.1 (g) product description": "answer/product/description",
    "8.4.1 (h) warehousing and shipping": "answer/warehousing/movement/description",
    "8.4.1 (i) known subsequent purchaser": "answer/subsequent-purchasers/purchaser/name",
    "8.4.1 (j) intended shipment route": "answer/shipment/route",
    "8.4.1 (j) shipment date": "answer/shipment/date",
    "8.4.1 (j) shipment destination": "answer/shipment/destination",
    "8.4.1 (j) point of departure": "answer/shipment/departure",
    "8.4.1 (j) consignee": "answer/shipment/consignee",
}
_GOODS = {
    "goods type": "goods/kind",
    "brand": "goods/brand",
    "description": "goods/description",
    "quantity": "goods/quantity",
    "unit": "goods/unit",
    "value and currency": "goods/value",
    "taxes evaded": "goods/taxes-evaded",
    "date of manufacture": "goods/manufactured-on",
    "place of manufacture": "goods/manufactured-at",
}
_MOVEMENT = {
    "transport": "movement/transport",
    "routing": "movement/route",
    "concealment": "movement/concealment",
    "detection": "movement/detection",
}
FIELDS: dict[str, dict[str, str]] = {
    "uid-query": HEADER
    | {
        "purpose code": "purpose",
        "list of UIDs, raw as read": "marking/uid",
        "carrier": "marking/carrier",
        "unit or aggregate": "marking/level",
        "how read": "marking/how-read",
        "where seen": "marking/seen-at",
        "photo hash": "marking/photo-sha256",
        "selection of 8.4.1 items": "items/item",
        "necessity justification": "justification",
        "circumstances": "circumstances",
        "candidate Party": "binding/requested-party",
        "matching pattern": "marking/pattern",
        "library version": "library-version",
        "domestic-law conditions": "domestic-law-conditions",
        "one free text": "remarks",
    },
    "uid-reply": HEADER
    | ITEMS
    | {
        "per UID": "answer/uid",
        "status": "answer/status",
        "refusal reason": "answer/refusal-reason",
        "deactivated or recalled": "answer/deactivated",
        "suggested other Party": "answer/other-party",
        "domestic-law conditions": "domestic-law-conditions",
        "one free text": "remarks",
    },
    "uid-resolve": BINDING | {"UIDs": "uid", "when seen (Parties change)": "seen-on"},
    "acknowledgement": HEADER
    | {
        "form concerned": "form-sha256",
        "status": "status",
        "expected date": "expected-on",
        "refusal reason": "refusal-reason",
        "transferred to": "pack:transfer",
    },
    "clarification": HEADER
    | {
        "form concerned": "form-sha256",
        "question": "question/text",
        "keyed to field path": "question/field",
        "answer": "answer/text",
        "answer, keyed to field path": "answer/field",
    },
    "transfer": HEADER
    | {
        "form concerned": "form-sha256",
        "why": "reason",
        "to which Party": "to-party",
        "to which authority": "to-authority",
        "when": "transferred-on",
    },
    "seizure-report": HEADER
    | {name: f"seizure/{path}" for name, path in (_GOODS | _MOVEMENT).items()}
    | {
        "case reference of the seizure": "seizure/case-reference",
        "date": "seizure/date",
        "place": "seizure/place",
        "entities involved": "seizure/entity/name",
        "persons involved": "seizure/person/name",
        "UIDs found": "seizure/uid",
        "nil report": "nil-report",
    },
    "enforcement-request": HEADER
    | {
        "purpose code": "purpose",
        "justification of necessity": "justification",
        "categories (a) to (e)": "category",
        "persons": "person/name",
        "entities": "entity/name",
        "period from": "period-from",
        "period to": "period-to",
    },
    "own-initiative-information": HEADER
    | _GOODS
    | _MOVEMENT
    | {
        "categories of Articles 21 and 28": "category",
        "facts": "facts",
        "persons": "person/name",
        "entities": "entity/name",
        "UIDs": "uid",
    },
    "administrative-assistance": HEADER
    | _MOVEMENT
    | {
        "measure": "measure",
        "object": "object",
        "reason": "justification",
        "laws": "laws",
        "persons as exact as possible": "person/identification",
        "identity (Article 27)": "person/name",
        "false identities (Article 27)": "person/alias",
        "whereabouts (Article 27)": "person/whereabouts",
        "activities (Article 27)": "person/activities",
        "conveyances (Article 27)": "movement/conveyance",
        "movement of proceeds, property, equipment (Article 27)": "asset/kind",
        "facts": "facts",
        "categories (a) to (e) of Article 28": "category",
        "language accepted by the requested authority": "language-accepted",
        "urgent measures go on meanwhile": "urgent-measures",
        "oral request, confirmed in writing": "oral-request-on",
        "own-initiative flag": "pack:own-initiative-information",
        "returned for correction": "pack:clarification",
        "forwarded to the competent authority": "pack:transfer",
        "partial refusal with reasons": "pack:acknowledgement",
    },
    "designation": BINDING
    | {
        "administrators, end users, contact points, authorities": "designated/kind",
        "national or regional": "designated/scope",
        "authority for which article": "designated/article",
        "not designated": "not-designated",
        "person": "designated/name",
        "reached by mail": "designated/e-mail",
        "note verbale": "note-verbale",
    },
    "pattern-declaration": BINDING
    | {
        "id": "pattern/id",
        "Party": "binding/requesting-party",
        "region": "pattern/region",
        "issuer": "pattern/issuer",
        "level": "pattern/level",
        "form (L, i, s, other)": "pattern/form",
        "carrier": "pattern/carrier",
        "regular expression": "pattern/expression",
        "minimum length": "pattern/minimum-length",
        "maximum length": "pattern/maximum-length",
        "character set": "pattern/character-set",
        "check rule": "pattern/check-rule",
        "priority": "pattern/priority",
        "valid from": "pattern/valid-from",
        "valid to": "pattern/valid-until",
        "examples": "pattern/example",
        "counter-examples": "pattern/counter-example",
        "status": "pattern/change",
        "provenance: note verbale": "note-verbale",
        "provenance: submitted by": "submitted-by",
    },
    "key-request": BINDING
    | {
        "who": "name",
        "address": "e-mail",
        "certificate": "certificate",
        "roles": "role",
        "why revoked": "revocation-reason",
    },
    "feedback": BINDING | {"qualitative, on the system": "topic/comment", "rating": "topic/rating"},
    "correction": HEADER
    | {"form concerned": "form-sha256", "field": "change/field", "disclosure flag": "change/disclosure"},
}
CODES: dict[tuple[str, str], set[str]] = {
    ("uid-reply", "answer/status"): {
        *("found", "not-found", "not-ours", "invalid", "duplicate", "partial", "refused"),
    },
    ("uid-reply", "answer/refusal-reason"): {
        *("not-competent", "not-a-party", "necessity-not-shown", "domestic-law", "confidentiality"),
        *("ongoing-investigation", "data-retention-elapsed", "unreadable", "not-issued-by-us", "duplicate"),
    },
    ("uid-query", "items/item"): set("abcdefghij"),
    ("uid-query", "purpose"): {"detection", "investigation"},
    ("acknowledgement", "status"): {
        *("received", "decrypted", "accepted", "in-progress", "needs-information", "transferred", "refused", "closed"),
    },
    ("seizure-report", "seizure/goods/kind"): {"tobacco", "tobacco-product", "manufacturing-equipment"},
    ("enforcement-request", "category"): {"licensing", "identification", "investigations", "payments", "seizures"},
    ("administrative-assistance", "category"): {"techniques", "trends", "goods", "persons", "risk-assessment"},
    ("designation", "designated/kind"): {"administrator", "officer", "authority", "contact-point"},
}
LEFT_OUT = {
    "handling, urgency and case in what goes to the Secretariat": "they are between Parties' authorities",
    "pattern-declaration: case rule, normalisation profile": "recognition never folds case and never repairs",
    "pattern-declaration: mailbox role": "a Party has one mailbox",
    "pattern-declaration: approved by, library version, signature": "made when the library is published, not declared",
    "mutual legal assistance, announced (Article 29)": "the gateway does not replace the formal channel; no core pack",
    "seizure-report: Article 20.1 (b), imports, exports, sales, production": "part of the reporting instrument",
}


def newest(name: str) -> Pack:
    return core_shelf().pack(name, core_shelf().versions(name)[-1])


def paths(pack: Pack) -> dict[str, Field]:
    return {field.path: field for field in pack.root.walk()}


@pytest.mark.parametrize(
    ("name", "field", "place"), [(name, *row) for name, rows in FIELDS.items() for row in rows.items()]
)
def test_the_pack_has_a_place_for_the_field(name: str, field: str, place: str) -> None:
    if place.startswith("pack:"):
        assert core_shelf().versions(place.removeprefix("pack:")), field
    elif not place.startswith("@"):
        assert place in paths(newest(name)), field


@pytest.mark.parametrize(("name", "path"), CODES)
def test_the_codes_are_those_of_the_sources(name: str, path: str) -> None:
    assert set(paths(newest(name))[path].codes) == CODES[name, path]


def test_every_core_pack_is_compared() -> None:
    assert set(FIELDS) == {name for name, _ in core_shelf().names()}


@pytest.mark.parametrize("item", [path for path in paths(newest("uid-reply")) if path.count("/") == 1])
def test_each_item_of_a_reply_may_be_withheld_or_not_recorded(item: str) -> None:
    items = {place.rpartition("/")[0].split("/")[1] for place in ITEMS.values()}
    assert paths(newest("uid-reply"))[item].answerable == (item.removeprefix("answer/") in items)


def test_what_is_left_out_has_a_reason() -> None:
    assert all(LEFT_OUT.values())
