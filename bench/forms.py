"""10,000 UIDs in one form: seconds and peak memory to validate, digest and render a query and its reply.

    python -m bench.forms [--uids 10000] [--rounds 3]

Each step runs in a process of its own, so that its peak of memory is its own; the best of the rounds counts for time,
the largest for memory. The reply has one answer for each UID, with one item given and one withheld: the largest form
that comes up.
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from forms import (
    Answer,
    AnswerStatus,
    Entry,
    Form,
    Item,
    Purpose,
    digest,
    new_query,
    new_reply,
    render_html,
    render_text,
    validate,
)

STEPS: dict[str, Callable[[bytes, Form], object]] = {
    "validate": lambda octets, _form: validate(octets),
    "digest": lambda _octets, form: digest(form),
    "render text, English": lambda _octets, form: render_text(form, "en"),
    "render text, Arabic": lambda _octets, form: render_text(form, "ar"),
    "render HTML, English": lambda _octets, form: render_html(form, "en"),
    "render HTML, Arabic": lambda _octets, form: render_html(form, "ar"),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One step. before_mib: memory of the process with the form loaded; peak_mib: the most it had during the step."""

    seconds: float
    before_mib: float
    peak_mib: float


def query_of(uids: int) -> Form:
    """A query about so many UIDs of 28 octets."""
    asked = [b"QCALL%09d\x1d80082405%05d" % (number, number) for number in range(uids)]
    return new_query(
        asked, justification="Benchmark.", purpose=Purpose.DETECTION, items=(Item.A, Item.E), library_version=7
    )


def reply_to(query: Form) -> Form:
    """Its reply: one answer a UID."""
    entries = (
        Entry("manufacture/date", "2024-05-19"),
        Entry("first-customer", answer="withheld", reason="ongoing-investigation"),
    )
    return new_reply(query, [Answer((uid,), AnswerStatus.PARTIAL, entries) for uid in query.uids])


def measure(octets: bytes, step: str) -> Measured:
    """Run one step in this process, which should be a fresh one."""
    form = validate(octets)  # also loads the pack, which a mail program does once
    before = _memory_mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # proc(5): the peak starts anew
    started = time.perf_counter()
    STEPS[step](octets, form)
    seconds = time.perf_counter() - started
    return Measured(seconds, before, _memory_mib("VmHWM"))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Forms with very many UIDs.")
    parser.add_argument("--uids", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    query = query_of(arguments.uids)
    forms = {"query": query.canonical, "reply": reply_to(query).canonical}
    line = "{:6} {:8} {:22} {:>8} {:>12} {:>10}\n"
    sys.stdout.write(line.format("form", "MiB", "step", "seconds", "MiB before", "MiB peak"))
    for name, octets in forms.items():
        for step in STEPS:
            rounds = [_in_fresh_process(octets, step) for _ in range(arguments.rounds)]
            sys.stdout.write(
                line.format(
                    name,
                    f"{len(octets) / 2**20:.2f}",
                    step,
                    f"{min(one.seconds for one in rounds):.2f}",
                    f"{max(one.before_mib for one in rounds):.0f}",
                    f"{max(one.peak_mib for one in rounds):.0f}",
                )
            )
            sys.stdout.flush()


def _in_fresh_process(octets: bytes, step: str) -> Measured:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (octets, step))


def _memory_mib(field: str) -> float:
    """From proc(5); ru_maxrss will not do, since a new program inherits its parent's."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024


if __name__ == "__main__":
    main()
