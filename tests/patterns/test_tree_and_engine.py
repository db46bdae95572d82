"""Our tree, our automaton and RE2 must mean the same by an expression, or overlap search and index would lie."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from pattern_rules.automaton import Automaton, build
from pattern_rules.errors import ExpressionError
from pattern_rules.expression import Expression, accept
from pattern_rules.expression_tree import fixed_run, strings_of
from pattern_rules.index import Entry, Index
from pattern_rules.shape import shapes_of

LETTERS = "abAB01-."
ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "A",
        "0",
        r"\d",
        r"\w",
        r"\W",
        r"\S",
        ".",
        r"\.",
        "[ab]",
        "[^ab]",
        "[a-b0-1]",
        "[-a]",
        "[a-]",
        r"\x1D",
        r"[^\d]",
    ]
)
QUANTIFIERS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0}", "{1,3}", "{0,2}", "{2,}", "*?", "+?"])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    pieces = []
    for _ in range(draw(st.integers(1, 4))):
        if depth and draw(st.booleans()):
            inner = "|".join(draw(st.lists(expressions(depth - 1), min_size=1, max_size=3)))
            pieces.append(f"(?:{inner})" + draw(QUANTIFIERS))
        else:
            pieces.append(draw(ATOMS) + draw(QUANTIFIERS))
    return "".join(pieces)


def accepts(automaton: Automaton, octets: bytes) -> bool:
    states = automaton.first
    for number, octet in enumerate(octets):
        reached = {p for p, mask in enumerate(automaton.masks) if states >> p & 1 and mask >> octet & 1}
        if number == len(octets) - 1:
            return any(automaton.last >> p & 1 for p in reached)
        states = 0
        for p in reached:
            states |= automaton.follow[p]
    return automaton.nullable


def accepted(source: str) -> Expression | None:
    try:
        return accept(source).expression
    except ExpressionError:
        return None


@settings(max_examples=300, deadline=None)
@given(expressions(), st.lists(st.text(LETTERS + "\x1d ", max_size=8), min_size=1, max_size=12))
def test_automaton_lengths_and_fixed_positions_agree_with_the_engine(source: str, texts: list[str]) -> None:
    expression = accepted(source)
    if expression is None:
        return
    automaton = build(expression.tree)
    front, _ = fixed_run(expression.tree, 5)
    back, _ = fixed_run(expression.tree, 3, from_end=True)
    for octets in (text.encode() for text in texts):
        matched = expression.matches(octets)
        assert matched == accepts(automaton, octets)
        if matched:
            assert expression.tree.least <= len(octets) <= expression.tree.most
            assert all(mask >> octet & 1 for mask, octet in zip(front, octets, strict=False))
            assert all(mask >> octet & 1 for mask, octet in zip(back, reversed(octets), strict=False))
            assert len(octets) >= max(len(front), len(back))


@settings(max_examples=100, deadline=None)
@given(expressions(depth=2))
def test_the_list_of_all_strings_is_complete_and_right(source: str) -> None:
    expression = accepted(source)
    strings = strings_of(expression.tree, 50) if expression else None
    if expression is None or strings is None:
        return
    assert all(expression.matches(octets) for octets in strings)
    generator = random.Random(len(strings))  # noqa: S311  the same test data each time
    for _ in range(50):
        octets = "".join(generator.choices(LETTERS, k=generator.randint(1, 6))).encode()
        assert expression.matches(octets) == (octets in strings)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(expressions(depth=2), min_size=1, max_size=30),
    st.lists(st.text(LETTERS, min_size=1, max_size=8), max_size=10),
)
def test_the_index_leaves_out_nothing_that_matches(sources: list[str], texts: list[str]) -> None:
    known = [expression for source in sources if (expression := accepted(source)) is not None]
    index = Index(Entry(at, shapes_of(e.tree, 1, 128)) for at, e in enumerate(known))
    for octets in (text.encode() for text in texts):
        possible = set(index.possible(octets))
        assert {at for at, expression in enumerate(known) if expression.matches(octets)} <= possible
