"""Security cases 3.5: Parties supply the expressions; whatever they supply, we stay fast, small and unambiguous."""

import random
import time

import pytest

from pattern_rules.breadth import matches_everything
from pattern_rules.errors import ExpressionError, ExpressionProblem
from pattern_rules.expression import accept

SECONDS_PER_EXPRESSION = 0.25  # the promise is 0.05; the machine that runs the tests may be busy


def refusal(source: str) -> ExpressionProblem:
    with pytest.raises(ExpressionError) as caught:
        accept(source)
    return caught.value.problem


def timed(action: object, *arguments: bytes) -> float:
    assert callable(action)
    start = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - start


@pytest.mark.parametrize(
    ("source", "attack"),
    [
        pytest.param("^(a+)+$", b"a" * 127 + b"!", id="RE-g01 nested quantifier"),
        pytest.param("^(a|a)*b$", b"a" * 127 + b"!", id="RE-g02 ambiguous alternation"),
        pytest.param("^(.*a){12}$", b"a" * 127 + b"!", id="RE-g03 polynomial"),
        pytest.param("a" + "x*" * 100, b"a" + b"x" * 126 + b"!", id="RE-g28 many stars"),
        pytest.param("(?:UID(?:1|2|3|4|5|6|7|8|9)){1,100}", b"UID1" * 31 + b"UID!", id="RE-g27 big automaton"),
    ],
)
def test_an_ambiguous_expression_is_accepted_and_matches_in_linear_time(source: str, attack: bytes) -> None:
    expression = accept(source).expression
    assert expression.parts(attack) is None
    assert min(timed(expression.parts, attack) for _ in range(5)) < 0.01


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        pytest.param(r"(a)\1", ExpressionProblem.BACKREFERENCE, id="RE-g04"),
        pytest.param("(?P<a>a)(?P=a)", ExpressionProblem.BACKREFERENCE, id="RE-g04 by name"),
        pytest.param("(?=a)b", ExpressionProblem.LOOK_AROUND, id="RE-g05"),
        pytest.param("(?!a)b", ExpressionProblem.LOOK_AROUND, id="RE-g05 negative"),
        pytest.param("(?<!a)b", ExpressionProblem.LOOK_AROUND, id="RE-g06"),
        pytest.param("(?<=a)b", ExpressionProblem.LOOK_AROUND, id="RE-g06 positive"),
        pytest.param("(?>a+)b", ExpressionProblem.ATOMIC_GROUP, id="RE-g07"),
        pytest.param("a{1001}", ExpressionProblem.REPEAT_TOO_LARGE, id="RE-g08"),
        pytest.param("a{129}", ExpressionProblem.REPEAT_TOO_LARGE, id="RE-g08 at our own cap"),
        pytest.param("a{99999999999999999999}", ExpressionProblem.SYNTAX, id="RE-g08 absurd"),
        pytest.param("((a{100}){100}){100}", ExpressionProblem.TOO_LARGE, id="RE-g09"),
        pytest.param(r"\pL{1000}", ExpressionProblem.UNICODE_CLASS, id="RE-g10"),
        pytest.param(r"[\p{Greek}]", ExpressionProblem.UNICODE_CLASS, id="RE-g10 in a class"),
        pytest.param("a" * 70_000, ExpressionProblem.TOO_LONG, id="RE-g11"),
        pytest.param("(" * 2000 + "a" + ")" * 2000, ExpressionProblem.TOO_LONG, id="RE-g12"),
        pytest.param("(" * 100 + "a" + ")" * 100, ExpressionProblem.TOO_DEEP, id="RE-g12 short"),
        pytest.param("(a)" * 30, ExpressionProblem.TOO_MANY_GROUPS, id="RE-g12 side by side"),
        pytest.param("", ExpressionProblem.EMPTY, id="RE-g13"),
        pytest.param(".*", ExpressionProblem.MATCHES_THE_EMPTY_STRING, id="RE-g14"),
        pytest.param("^100|", ExpressionProblem.MATCHES_THE_EMPTY_STRING, id="RE-g15"),
        pytest.param("(?:a?){128}", ExpressionProblem.MATCHES_THE_EMPTY_STRING, id="RE-g15 hidden"),
        pytest.param("^$", ExpressionProblem.MATCHES_THE_EMPTY_STRING, id="RE-g15 anchors only"),
        pytest.param("(?s).*", ExpressionProblem.FLAGS, id="RE-g21"),
        pytest.param("(?i)^k$", ExpressionProblem.FLAGS, id="RE-g19"),
        pytest.param("a(?i:b)", ExpressionProblem.FLAGS, id="RE-g21 scoped"),
        pytest.param("(?<n>1)", ExpressionProblem.BAD_GROUP_NAME, id="RE-g22 second spelling"),
        pytest.param("(?P<N>1)", ExpressionProblem.BAD_GROUP_NAME, id="RE-g22 capital"),
        pytest.param("(?P<n>1(?P<n>2))", ExpressionProblem.BAD_GROUP_NAME, id="RE-g22 twice"),
        pytest.param("^1\x000$", ExpressionProblem.NOT_PRINTABLE_ASCII, id="RE-g23 raw"),
        pytest.param(r"^1\00$", ExpressionProblem.BACKREFERENCE, id="RE-g23 octal"),
        pytest.param(r"^1\x00$", ExpressionProblem.OUTSIDE_ALPHABET, id="RE-g23 hexadecimal"),
        pytest.param("^1\n0$", ExpressionProblem.NOT_PRINTABLE_ASCII, id="RE-g24"),
        pytest.param(r"^1\n0$", ExpressionProblem.UNKNOWN_ESCAPE, id="RE-g24 escaped"),
        pytest.param(r"\C", ExpressionProblem.OCTET_ESCAPE, id="RE-g25"),
        pytest.param("[[:alpha:]]+", ExpressionProblem.POSIX_CLASS, id="RE-g26"),
        pytest.param("^(?:UID(?:1|2|3|4|5|6|7|8|9)){1,500}$", ExpressionProblem.REPEAT_TOO_LARGE, id="RE-g27"),
        pytest.param("[", ExpressionProblem.SYNTAX, id="RE-g29"),
        pytest.param("(a", ExpressionProblem.SYNTAX, id="RE-g29 group"),
        pytest.param("a)", ExpressionProblem.SYNTAX, id="RE-g29 closing"),
        pytest.param("a**", ExpressionProblem.SYNTAX, id="two quantifiers"),
        pytest.param("a{2}{3}", ExpressionProblem.SYNTAX, id="two counts"),
        pytest.param("a{3,1}", ExpressionProblem.SYNTAX, id="count backwards"),
        pytest.param("a{,3}", ExpressionProblem.SYNTAX, id="engines disagree on {,n}"),
        pytest.param("a{", ExpressionProblem.SYNTAX, id="engines disagree on {"),
        pytest.param("[z-a]", ExpressionProblem.SYNTAX, id="range backwards"),
        pytest.param("[a-b-c]", ExpressionProblem.SYNTAX, id="engines disagree on a third -"),
        pytest.param("[]a]", ExpressionProblem.SYNTAX, id="engines disagree on a leading ]"),
        pytest.param("a^b", ExpressionProblem.MISPLACED_ANCHOR, id="anchor inside"),
        pytest.param(r"a\b", ExpressionProblem.MISPLACED_ANCHOR, id="word boundary"),
        pytest.param(r"\Qa\E", ExpressionProblem.UNKNOWN_ESCAPE, id="quoting"),
        pytest.param("\\", ExpressionProblem.SYNTAX, id="lone backslash"),
        pytest.param("é", ExpressionProblem.NOT_PRINTABLE_ASCII, id="not ASCII"),
        pytest.param("a{128}b{128}", ExpressionProblem.MATCHES_NOTHING, id="longer than any UID"),
    ],
)
def test_what_is_outside_of_the_subset_is_refused_with_its_reason(source: str, problem: ExpressionProblem) -> None:
    start = time.perf_counter()
    assert refusal(source) is problem
    assert time.perf_counter() - start < SECONDS_PER_EXPRESSION


def test_a_refusal_tells_the_place_and_never_the_expression() -> None:
    with pytest.raises(ExpressionError) as caught:
        accept("KE[0-9]{4}(?=secret)")
    assert caught.value.position == 10
    assert "secret" not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize(
    ("source", "matching", "not_matching"),
    [
        pytest.param("100", b"100", [b"1000", b"a100", b"10"], id="RE-g16 full match without anchors"),
        pytest.param("^100$", b"100", [b"100\n", b"\n100"], id="RE-g17 $ is not before a newline"),
        pytest.param(r"^\d+$", b"123", ["١٢٣".encode(), "１２".encode(), b"1\xb2"], id="RE-g18 ASCII digits"),
        pytest.param("k", b"k", [b"K", "\u212a".encode()], id="RE-g19 no case folding, no Kelvin sign"),
        pytest.param("(?P<n>1)2", b"12", [b"1"], id="RE-g22 named group"),
        pytest.param("^'; DROP TABLE routes;--$", b"'; DROP TABLE routes;--", [b"'"], id="RE-g30 SQL is only text"),
        pytest.param(r"1\x1D2", b"1\x1d2", [b"12", b"1\x1e2"], id="GS"),
    ],
)
def test_an_accepted_expression_matches_whole_octets_only(
    source: str, matching: bytes, not_matching: list[bytes]
) -> None:
    expression = accept(source).expression
    assert expression.source == source
    assert expression.parts(matching) is not None
    for octets in not_matching:
        assert expression.parts(octets) is None


@pytest.mark.parametrize(
    "source", [".+", ".{1,128}", "[0-9A-Za-z]+", r"\w{12}", r"(?:\d|[A-Z]|[a-z])(?:.|a)*", r"\S+\S?"]
)
def test_matching_everything_is_found_out(source: str) -> None:
    assert matches_everything(accept(source).tree)


@pytest.mark.parametrize("source", ["[0-9A-Z]{12}", "KE.+", ".+KE.*", r"\d{29}", ".*1", "(?:a.|b.)+"])
def test_matching_much_is_not_matching_everything(source: str) -> None:
    assert not matches_everything(accept(source).tree)


CLOUDFLARE = (
    r"""(?:(?:\"|'|\]|\}|\\|\d|(?:nan|infinity|true|false|null|undefined|symbol|math)|`|\-|\+)+[)]*;?"""
    r"""((?:\s|-|~|!|\{\}|\|\||\+)*.*(?:.*=.*)))"""
)
PUBLISHED = [
    # OWASP, "Regular expression Denial of Service"
    ("^(([a-z])+.)+[A-Z]([a-z])+$", b"a" * 128),
    (r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$",
     b"a" * 127 + b"!"),
    ("^(a|aa)+$", b"a" * 127 + b"!"),
    ("^([a-zA-Z]+)*$", b"a" * 127 + b"!"),
    # Cloudflare, 2 July 2019
    (CLOUDFLARE, b"x=" + b"x" * 126),
    # Stack Exchange, 20 July 2016
    (r"^[\s]+|[\s]+$", b"-- " + b" " * 124 + b"!"),
    # Python's own: CVE-2018-1060, CVE-2020-8492, CVE-2022-40897
    (r"(\d+-)?(\d+)(-\d+)?\.x", b"1" * 127 + b"!"),
    (r"(?:.*,)*[ \t]*([^ \t]+)[ \t]+realm=([\"'])(.*)", b"," * 127 + b"!"),
    (r"<a [^>]*rel=[^>]*href=[^>]*>", b"<a rel=" + b"rel=" * 30),
    (r"v?\w*_\w*_\w*x", b"v" + b"_" * 126),
    (r"(x+x+)+y", b"x" * 128),
]  # fmt: skip


@pytest.mark.parametrize(("source", "attack"), PUBLISHED, ids=range(len(PUBLISHED)))
def test_what_has_stopped_others_is_refused_or_stops_nothing(source: str, attack: bytes) -> None:
    """RE-b02: expressions from advisories and post-mortems, with the text they hung on."""
    try:
        expression = accept(source).expression
    except ExpressionError:
        return
    assert min(timed(expression.matches, attack) for _ in range(5)) < 0.005


def test_most_of_what_has_stopped_others_is_accepted_and_so_really_run() -> None:
    refused = 0
    for source, _ in PUBLISHED:
        try:
            accept(source)
        except ExpressionError:
            refused += 1
    assert refused <= 4


def hostile_expressions(count: int) -> list[str]:
    """Random expressions made of what has broken engines before."""
    generator = random.Random(20261121)  # noqa: S311  the same test data each time
    atoms = [
        "a",
        "x",
        r"\d",
        r"\w",
        ".",
        "[a-z]",
        "[^a]",
        "(a|a)",
        "(?:a|ab|b)",
        "(a*)",
        "(.*)",
        r"\pL",
        "(?=a)",
        r"\1",
    ]
    quantifiers = ["", "", "*", "+", "?", "{2}", "{1,64}", "{0,128}", "*?", "{1000}", "{3,}", "**"]

    def grow(depth: int) -> str:
        pieces = []
        for _ in range(generator.randint(1, 4)):
            if depth and generator.random() < 0.5:
                inner = "|".join(grow(depth - 1) for _ in range(generator.randint(1, 3)))
                piece = f"({'?:' if generator.random() < 0.8 else ''}{inner})"
            else:
                piece = generator.choice(atoms)
            pieces.append(piece + generator.choice(quantifiers))
        return "".join(pieces)

    return [grow(generator.randint(0, 4)) for _ in range(count)]


def test_two_thousand_hostile_expressions_are_each_accepted_or_refused_and_match_in_time() -> None:
    attacks = [b"a" * 128, b"a" * 127 + b"!", b"ab" * 63 + b"!", b"x" * 64 + b"1" * 64]
    accepted = 0
    slowest = 0.0
    for source in hostile_expressions(2000):
        start = time.perf_counter()
        try:
            accepted_one = accept(source)
            matches_everything(accepted_one.tree)
        except ExpressionError:
            slowest = max(slowest, time.perf_counter() - start)
            continue
        slowest = max(slowest, time.perf_counter() - start)
        accepted += 1
        for attack in attacks:
            if timed(accepted_one.expression.matches, attack) > 0.01:  # a second try: the machine may have been busy
                assert timed(accepted_one.expression.matches, attack) < 0.05
    assert slowest < SECONDS_PER_EXPRESSION
    assert 200 < accepted < 1900, "the generator must make both kinds"
