"""The same form always gives the same octets, and only the same form does."""

import hashlib
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from forms import Entry, bind, compose, core_shelf, digest, flatten, validate

from .builders import bindings, query, reply_to

QUERY = bind(query((b"A\x1d1", b"B<&")), bindings())
SPACE = st.text(" \t\r\n", max_size=5)


@given(seed=st.randoms(use_true_random=False), prefix=st.sampled_from(["", "p:", "gsp:"]), declaration=st.booleans())
@settings(max_examples=80, deadline=None)
def test_layout_prefix_quotes_references_and_attribute_order_do_not_change_the_octets(
    seed: object, prefix: str, declaration: bool
) -> None:
    choice = seed.choice  # type: ignore[attr-defined]
    text = QUERY.canonical.decode()
    text = re.sub(r"(?<=>)(?=<)", lambda _: choice(["", " ", "\n", "\r\n\t"]), text)
    text = re.sub(r"></uid>", "></uid>", text)
    text = re.sub(r"(?<=>)(KE|EU)(?=<)", lambda found: choice([found[0], f"&#{ord(found[0][0])};{found[0][1]}"]), text)
    text = re.sub(
        r' language="(\w+)"',
        lambda found: choice([found[0], f" language='{found[1]}'", f'\n language = "{found[1]}"']),
        text,
    )
    if prefix:
        text = re.sub(r"<(/?)([a-z])", rf"<\g<1>{prefix}\2", text).replace("xmlns=", f"xmlns:{prefix[:-1]}=")
    if declaration:
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'
    form = validate(text.encode())
    assert form == QUERY
    assert digest(form) == digest(QUERY)


@given(seed=st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_entries_in_any_order_make_the_same_form(seed: object) -> None:
    reply = reply_to(QUERY)
    entries = list(flatten(reply))
    seed.shuffle(entries)  # type: ignore[attr-defined]
    assert compose(core_shelf().pack("uid-reply", "1"), "en", entries) == reply


@given(
    text=st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"], exclude_characters="\ufdd0\ufffe\uffff"),
        min_size=1,
        max_size=60,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_text_a_form_may_hold_is_in_its_octets_untouched(text: str) -> None:
    text = text.strip() or "x"
    form = query(justification=text)
    assert validate(form.canonical) == form
    assert next(entry.value for entry in flatten(form) if entry.path == "justification") == text


def test_the_octets_are_canonical_xml_1_1_of_themselves() -> None:
    again = etree.tostring(etree.fromstring(QUERY.canonical), method="c14n")
    assert again == QUERY.canonical
    assert validate(QUERY.canonical).canonical == QUERY.canonical


VECTOR = (
    b'<form xmlns="urn:gsp:form:uid-resolve:1" language="en">'
    b'<uid display="A\xe2\x90\x9d1">QR0x</uid><uid display="B&lt;&amp;&quot;">QjwmIg==</uid></form>'
)


def test_the_digest_is_the_sha_256_of_the_octets_as_another_program_would_write_them() -> None:
    """A fixed vector for other implementations; it changes only with the version of the pack."""
    entries = [Entry("uid[1]", "QR0x"), Entry("uid[2]", "QjwmIg==")]
    form = compose(core_shelf().pack("uid-resolve", "1"), "en", entries)
    assert form.uids == (b"A\x1d1", b'B<&"')
    assert form.canonical == VECTOR
    assert digest(form) == hashlib.sha256(VECTOR).hexdigest()
    assert digest(QUERY) == hashlib.sha256(QUERY.canonical).hexdigest()


def test_each_value_counts_in_the_digest() -> None:
    entries = flatten(QUERY)
    pack = core_shelf().pack("uid-query", "1")
    digests = {digest(QUERY)}
    optional = [
        Entry("circumstances", "x"),
        Entry("remarks", "x"),
        Entry("header/authority", "x"),
        Entry("library-version", "7"),
    ]
    for entry in optional:
        digests.add(digest(compose(pack, "en", (*entries, entry))))
    digests.add(digest(compose(pack, "fr", entries)))
    assert len(digests) == 6
