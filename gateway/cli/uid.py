"""`gsp uid`: whose UID is this? Works on the officer's own machine, against a copy of the library; nothing is sent.

A UID given as an argument stays in the shell's history and is visible in the process list: `-` reads it from standard
input. Exit codes: 0 one Party, can be sent; 3 recognised, but a human must decide or nothing may be sent;
4 not recognised; 5 the library is refused or expired.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NoReturn

import click

from pattern_rules import (
    Candidate,
    Library,
    LibraryError,
    Members,
    Recognition,
    Verdict,
    core_library_octets,
    load_library,
    recognise,
)
from pattern_rules.display import display
from pattern_rules.sentences import LANGUAGES, Catalogue, catalogue, explain

EXIT_DECIDE = 3
EXIT_NOT_RECOGNISED = 4
EXIT_LIBRARY = 5
_NOT_RECOGNISED = frozenset({Verdict.UNKNOWN, Verdict.ISSUER_UNKNOWN, Verdict.INADMISSIBLE})


def _day(_context: click.Context, _parameter: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value else None


def _common(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--library", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Library file."),
        click.option("--on", type=click.DateTime(["%Y-%m-%d"]), callback=_day, help="Day of the question (UTC)."),
        click.option("--own", default=None, metavar="PARTY", help="Code of your own Party."),
        click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True),
        click.option("--json", "as_json", is_flag=True, help="Machine-readable output."),
    ):
        command = option(command)
    return command


@click.group()
def uid() -> None:
    """Whose UID is this?"""


@uid.command("explain")
@click.argument("octets", metavar="UID")
@click.option("--made", type=click.DateTime(["%Y-%m-%d"]), callback=_day, help="Day of manufacture, if known.")
@click.option("--gs", default=None, metavar="TEXT", help="TEXT stands for the group separator (GS) in UID.")
@_common
def explain_command(
    *,
    octets: str,
    made: date | None,
    gs: str | None,
    library: Path | None,
    on: date | None,
    own: str | None,
    language: str,
    as_json: bool,
) -> None:
    """Explain whose UID it is, and why; UID is the code as printed or scanned, or - for standard input."""
    loaded, day = open_library(library, on)
    raw = read_uid(octets, gs)
    found = recognise(loaded, raw, on=day, members=members_of(loaded), own_party=own, made=made)
    if as_json:
        click.echo(json.dumps(as_data(raw, found, language), ensure_ascii=False, indent=2))
    else:
        for line in as_lines(found, catalogue(language)):
            click.echo(line)
    sys.exit(exit_code(found))


def open_library(path: Path | None, on: date | None) -> tuple[Library, date]:
    """The library to answer with (the one shipped with the program if there is no path) and the day of the question."""
    day = on or datetime.now(UTC).date()
    try:
        library = load_library(path.read_bytes() if path else core_library_octets())
    except LibraryError as error:
        _library_refused(str(error))
    if library.expired(day):
        _library_refused(f"pattern library {library.version} expired on {library.expires}; get the current one")
    return library, day


def _library_refused(text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(EXIT_LIBRARY)


def members_of(library: Library) -> Members:
    """Membership as far as the library itself knows it: this command runs where there is no directory."""
    declared = library.declared_members()
    return lambda party, _on: party in declared


def read_uid(argument: str, gs: str | None) -> bytes:
    """Octets of the UID: the argument, or one line of standard input; `gs` is replaced by 0x1D."""
    if argument == "-":
        raw = sys.stdin.buffer.readline(64 * 1024).removesuffix(b"\n").removesuffix(b"\r")
    else:
        raw = argument.encode("utf-8", "surrogateescape")
    return raw.replace(gs.encode("utf-8"), b"\x1d") if gs else raw


def exit_code(found: Recognition) -> int:
    """What the command says to a script."""
    if found.verdict is Verdict.ROUTABLE:
        return 0
    return EXIT_NOT_RECOGNISED if found.verdict in _NOT_RECOGNISED else EXIT_DECIDE


def as_lines(found: Recognition, sentences: Catalogue) -> list[str]:
    """The explanation for a human."""
    lines = [explain(found, sentences.language)]
    if found.candidates:
        lines += ["", f"{sentences.text('word', 'candidates')}:"]
    for number, candidate in enumerate(found.candidates, start=1):
        lines += _candidate_lines(number, candidate, sentences)
    return lines


def _candidate_lines(number: int, candidate: Candidate, sentences: Catalogue) -> list[str]:
    membership = "" if candidate.member or not candidate.party else f" ({sentences.text('word', 'state-not-a-party')})"
    steps = [step.value for step in candidate.reading.steps] or ["as-typed"]
    lines = [
        f"{number:3}. {candidate.party or '-'}{membership}  {candidate.pattern_id}  {candidate.pattern.form}: "
        + sentences.text("standing", candidate.standing.value),
        "     " + ", ".join(sentences.text("step", step) for step in steps),
    ]
    if candidate.parts:
        lines.append("     " + "  ".join(f"{name}={display(value)}" for name, value in candidate.parts.items()))
    lines += [
        f"     {sentences.text('rule', result.rule.value)}: {sentences.text('outcome', result.outcome.value)}"
        for result in candidate.checks
    ]
    if candidate.pattern.synthetic:
        lines.append("     " + sentences.text("verdict", "synthetic"))
    return lines


def as_data(raw: bytes, found: Recognition, language: str) -> dict[str, object]:
    """The explanation for a program."""
    return {
        "uid": display(raw),
        "verdict": found.verdict.value,
        "party": found.party,
        "parties": list(found.parties),
        "library_version": found.library_version,
        "obstacle": found.obstacle.value if found.obstacle else None,
        "explanation": explain(found, language),
        "candidates": [
            {
                "pattern": candidate.pattern_id,
                "party": candidate.party,
                "member": candidate.member,
                "standing": candidate.standing.value,
                "level": candidate.pattern.level.value,
                "form": candidate.pattern.form,
                "reading": [step.value for step in candidate.reading.steps],
                "parts": {name: display(value) for name, value in candidate.parts.items()},
                "checks": {result.rule.value: result.outcome.value for result in candidate.checks},
                "synthetic": candidate.pattern.synthetic,
                "provenance": candidate.pattern.provenance,
            }
            for candidate in found.candidates
        ],
    }
