"""How fast is "whose UID is this"? Generated libraries of 100 and 100,000 patterns, against other ways to do it.

    python bench/uid_recognition.py [--patterns 100 100000] [--uids 20000] [--file 1000000]
        [--sets 8 256]

In each library at least 10 % of the patterns have no literal prefix and 5 % share UIDs with another one. Reported: time
to load, memory, microseconds a UID for the index (candidates and RE2), for the whole recognition with its reasons,
and in the same run for a plain loop over `re`, for RE2's own set, and for Hyperscan if it is installed.
--file also checks a text file of that many UIDs, with a progress bar, as `gsp uid check` does.
"""

import argparse
import importlib
import importlib.util
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import re2

from gateway.cli.uid import check_list
from pattern_rules import Library, load_library, recognise
from pattern_rules.expression import engine_options

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
TODAY = date(2026, 11, 21)


@dataclass(frozen=True)
class Made:
    """A generated pattern: expression, and a UID it matches."""

    expression: str
    example: str
    has_prefix: bool


def pick(generator: random.Random, letters: str, count: int) -> str:
    return "".join(generator.choices(letters, k=count))


def make_pattern(generator: random.Random, earlier: list[Made], number: int) -> Made:
    if number % 20 == 19 and earlier:  # 5 %: the same UIDs as an earlier one, and more
        other = generator.choice(earlier)
        return Made(f"(?:{other.expression}|{pick(generator, UPPER, 5)}X)", other.example, has_prefix=False)
    digits, letters = generator.randint(4, 12), generator.randint(3, 9)
    mark = pick(generator, UPPER, 4)
    body = pick(generator, DIGITS, digits), pick(generator, UPPER + DIGITS, letters)
    if number % 10 == 5:  # with the 5 % above, more than 10 % without literal prefix
        match generator.randrange(3):
            case 0:
                return Made(rf"\d{{{digits}}}{mark}[0-9A-Z]{{{letters}}}", body[0] + mark + body[1], has_prefix=False)
            case 1:
                return Made(rf"[0-9A-Z]{{{letters}}}\d{{{digits}}}{mark}", body[1] + body[0] + mark, has_prefix=False)
            case _:
                return Made(
                    rf"[A-Z]{{2}}\d{{{digits}}}{mark}[0-9A-Z]*",
                    pick(generator, UPPER, 2) + body[0] + mark,
                    has_prefix=False,
                )
    prefix = pick(generator, UPPER, generator.randint(3, 6))
    return Made(rf"{prefix}(?P<sn>\d{{{digits}}})[0-9A-Z]{{{letters}}}", prefix + "".join(body), has_prefix=True)


def make_patterns(count: int) -> list[Made]:
    generator = random.Random(count)
    made: list[Made] = []
    for number in range(count):
        made.append(make_pattern(generator, made, number))
    return made


def library_text(made: list[Made]) -> bytes:
    head = 'format = 1\nnumber = 1\nissued = 2026-01-01\nexpires = 2027-01-01\npredecessor = ""\n'
    return (
        head
        + "".join(
            f'[[pattern]]\nid = "p{number}"\nparty = "P{number % 71}"\nlevel = "unit"\nform = "generated"\n'
            f"expression = '{pattern.expression}'\npriority = 50\nexamples = ['{pattern.example}']\n"
            'provenance = "generated for a benchmark"\nsynthetic = true\n'
            for number, pattern in enumerate(made)
        )
    ).encode()


def make_uids(made: list[Made], count: int) -> list[bytes]:
    """Nine of ten are UIDs of some pattern, one is of none."""
    generator = random.Random(7)
    return [
        (generator.choice(made).example if generator.random() < 0.9 else pick(generator, UPPER + DIGITS, 20)).encode()
        for _ in range(count)
    ]


def resident_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def microseconds(action: Callable[[bytes], object], uids: list[bytes]) -> str:
    """Mean and 99th percentile of single calls, in one pass over UIDs that were not asked before."""
    single: list[float] = []
    for uid in uids:
        start = time.perf_counter()
        action(uid)
        single.append(time.perf_counter() - start)
    return (
        f"{statistics.fmean(single) * 1e6:10.1f} us mean {statistics.quantiles(single, n=100)[98] * 1e6:10.1f} us p99"
    )


def matching(library: Library, uid: bytes) -> set[int]:
    """Numbers of the patterns that match, by index and RE2."""
    return {int(pattern.id[1:]) for pattern in library.index.possible(uid) if pattern.parts(uid) is not None}


def bench_index(library: Library, uids: list[bytes]) -> None:
    print(f"  index and RE2              {microseconds(lambda uid: matching(library, uid), uids)}")
    recognition = microseconds(lambda uid: recognise(library, uid, on=TODAY, members=lambda _p, _d: True), uids)
    print(f"  whole recognition          {recognition}")


def bench_loop_over_re(library: Library, made: list[Made], uids: list[bytes]) -> None:
    compiled = [re.compile(pattern.expression.encode()) for pattern in made]

    def match(uid: bytes) -> set[int]:
        return {number for number, expression in enumerate(compiled) if expression.fullmatch(uid) is not None}

    few = uids[: max(20, 200_000 // len(made))]
    wrong = sum(match(uid) != matching(library, uid) for uid in few)
    print(
        f"  plain loop over re         {microseconds(match, few)}   ({len(few)} UIDs, {wrong} answers differ from ours)"
    )


def bench_engine_set(library: Library, made: list[Made], uids: list[bytes], mebibytes: int) -> None:
    options = engine_options()
    options.max_mem = mebibytes << 20
    whole = re2.Set.FullMatchSet(options)
    for pattern in made:
        whole.Add(pattern.expression.encode())
    start = time.perf_counter()
    try:
        whole.Compile()
    except re2.error:
        print(f"  RE2 set, {mebibytes:5} MiB         does not compile")
        return
    built = time.perf_counter() - start
    speed = microseconds(whole.Match, uids)
    wrong = sum(set(whole.Match(uid) or ()) != matching(library, uid) for uid in uids)
    print(
        f"  RE2 set, {mebibytes:5} MiB        {speed}   (built in {built:.1f} s, {wrong} of {len(uids)} answers differ)"
    )


def bench_hyperscan(made: list[Made], uids: list[bytes]) -> None:
    if importlib.util.find_spec("hyperscan") is None:
        print("  Hyperscan                  not installed")
        return
    hyperscan = importlib.import_module("hyperscan")
    database = hyperscan.Database()
    start = time.perf_counter()
    database.compile(
        expressions=[f"^(?:{pattern.expression})$".replace("?P<sn>", "?:").encode() for pattern in made],
        ids=list(range(len(made))),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(made),
    )
    built = time.perf_counter() - start
    few = uids[:5000]
    found: list[int] = []
    result = microseconds(lambda uid: database.scan(uid, match_event_handler=lambda i, *_: found.append(i)), few)
    print(f"  Hyperscan                  {result}   (built in {built:.1f} s)")


def bench_file(library: Library, uids: list[bytes], count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "uids.txt"
        with path.open("wb") as file:
            for number in range(count):
                file.write(uids[number % len(uids)] + b"\n")
        start = time.perf_counter()
        checked = check_list(library, path, on=TODAY, own_party=None, progress=True)
        seconds = time.perf_counter() - start
    each = seconds / count * 1e6
    print(f"  {count:,} UIDs from a file in {seconds:.1f} s ({each:.1f} us each), {len(checked.groups)} groups")


def main() -> None:
    parser = argparse.ArgumentParser(description="Recognition of UIDs: speed and memory.")
    parser.add_argument("--patterns", type=int, nargs="+", default=[100, 100_000])
    parser.add_argument("--uids", type=int, default=20_000)
    parser.add_argument("--file", type=int, default=0)
    parser.add_argument(
        "--sets", type=int, nargs="*", default=[1, 8, 64, 256, 1024], help="MiB of memory of RE2's sets"
    )
    arguments = parser.parse_args()
    for count in arguments.patterns:
        made = make_patterns(count)
        text = library_text(made)
        uids = make_uids(made, arguments.uids)
        before, start = resident_kib(), time.perf_counter()
        library = load_library(text)
        seconds = time.perf_counter() - start
        without = sum(not pattern.prefix for pattern in library.patterns)
        print(
            f"{count:,} patterns, {without / count:.0%} without literal prefix; file {len(text) / 1e6:.1f} MB,"
            f" loaded in {seconds:.2f} s, {(resident_kib() - before) / 1024:.0f} MiB"
        )
        bench_index(library, uids)
        bench_loop_over_re(library, made, uids)
        for mebibytes in arguments.sets:
            bench_engine_set(library, made, uids, mebibytes)
        bench_hyperscan(made, uids)
        if arguments.file:
            bench_file(library, uids, arguments.file)


if __name__ == "__main__":
    main()
