"""A large library answers as a small one does: the same as asking each pattern, in time, in one order (RE-b03)."""

import random
import statistics
import time
from collections.abc import Callable
from datetime import date

import pytest

from pattern_rules import Library, load_library, recognise

Text = Callable[..., bytes]
TODAY = date(2026, 11, 21)
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PATTERNS = 10_000


@pytest.fixture(scope="module")
def examples() -> list[tuple[str, str]]:
    """Expressions with an example each; every tenth has no literal prefix, every twentieth shares UIDs with another."""
    generator = random.Random(3)  # noqa: S311  the same test data each time
    made: list[tuple[str, str]] = []
    for number in range(PATTERNS):
        mark, digits = "".join(generator.choices(UPPER, k=4)), generator.randint(3, 9)
        body = "".join(generator.choices("0123456789", k=digits))
        if number % 20 == 19:
            other = generator.choice(made)
            made.append((f"(?:{other[0]}|{mark}7)", other[1]))
        elif number % 10 == 5:
            made.append((rf"\d{{{digits}}}{mark}[A-Z]?", body + mark))
        else:
            made.append((rf"{mark[: generator.randint(2, 4)]}[A-Z]*\d{{{digits}}}", mark + body))
    return made


@pytest.fixture(scope="module")
def large(examples: list[tuple[str, str]]) -> Library:
    head = 'format = 1\nnumber = 1\nissued = 2026-01-01\nexpires = 2027-01-01\npredecessor = ""\n'
    records = (
        f"[[pattern]]\nid = 'p{number}'\nparty = 'P{number % 50}'\nlevel = 'unit'\nform = 'f'\n"
        f"expression = '{expression}'\npriority = 1\nexamples = ['{example}']\nprovenance = 'test'\n"
        for number, (expression, example) in enumerate(examples)
    )
    return load_library((head + "".join(records)).encode())


def test_the_index_answers_what_a_loop_over_all_patterns_answers(
    large: Library, examples: list[tuple[str, str]]
) -> None:
    for _, example in examples[:: PATTERNS // 40]:
        for octets in (example.encode(), example.encode() + b"1", b"x" + example.encode()):
            looped = {pattern.id for pattern in large.patterns if pattern.parts(octets) is not None}
            found = {pattern.id for pattern in large.index.possible(octets) if pattern.parts(octets) is not None}
            assert found == looped


def test_few_patterns_are_tried_for_one_uid(large: Library, examples: list[tuple[str, str]]) -> None:
    tried = [len(list(large.index.possible(example.encode()))) for _, example in examples]
    assert statistics.mean(tried) < 10
    assert max(tried) < 50


def test_recognition_in_a_large_library_takes_far_less_than_its_budget(
    large: Library, examples: list[tuple[str, str]]
) -> None:
    times: list[float] = []
    for _, example in examples[:1000]:
        start = time.perf_counter()
        found = recognise(large, example.encode(), on=TODAY, members=lambda _party, _on: True)
        times.append(time.perf_counter() - start)
        assert found.parties
    assert statistics.quantiles(times, n=100)[98] < 0.02
