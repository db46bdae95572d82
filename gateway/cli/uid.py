"""`gsp uid`: whose UID is this? Works on the officer's own machine, against a copy of the library; nothing is sent,
but by `resolve`, which asks the gateway.

A UID given as an argument stays in the shell's history and is visible in the process list: `-` reads it from standard
input. Exit codes: 0 one Party, can be sent; 3 recognised, but a human must decide or nothing may be sent;
4 not recognised; 5 the library or the list is refused, or the library has expired.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, NoReturn, cast

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from gateway.cli.officer_options import language_option
from gateway.cli.spoken import SpokenCommand, SpokenGroup, help_text
from gateway.cli.uid_resolve import resolve_command
from gateway.library.client_words import library_problem
from gateway.library.fetching import open_library as verified_library
from gateway.library.problem import LibraryLifeError
from gateway.words import Sentence, Words, phrase
from pattern_rules import (
    Library,
    LibraryError,
    Members,
    PatternRulesError,
    Recognition,
    Verdict,
    core_library_octets,
    load_library,
    recognise,
)
from pattern_rules.report import recognition_data, recognition_lines, suggestion_lines, why_not_lines
from pattern_rules.sentences import catalogue
from pattern_rules.suggestions import suggestions
from pattern_rules.uid_list import Row, read_rows
from pattern_rules.why_not import why_not
from pattern_rules.worklist import Worklist, sort_rows
from pattern_rules.worklist_report import worklist_data, worklist_lines

EXIT_DECIDE = 3
EXIT_NOT_RECOGNISED = 4
EXIT_REFUSED = 5
_NOT_RECOGNISED = frozenset({Verdict.UNKNOWN, Verdict.ISSUER_UNKNOWN, Verdict.INADMISSIBLE})


def _day(_context: click.Context, _parameter: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value else None


def _common(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--library", type=click.Path(exists=True, dir_okay=False, path_type=Path), help=help_text("Library file.")
        ),
        click.option(
            "--on", type=click.DateTime(["%Y-%m-%d"]), callback=_day, help=help_text("Day of the question (UTC).")
        ),
        click.option("--own", default=None, metavar="PARTY", help=help_text("Code of your own Party.")),
        language_option,
        click.option("--json", "as_json", is_flag=True, help=help_text("Machine-readable output.")),
    ):
        command = option(command)
    return command


_GS_OPTION = click.option(
    "--gs", default=None, metavar="TEXT", help=help_text("TEXT stands for the group separator in UID.")
)


@click.group(cls=SpokenGroup, help=help_text("Whose UID is this?"))
def uid() -> None:
    """Whose UID it is."""


uid.add_command(resolve_command)


@uid.command(
    "explain",
    cls=SpokenCommand,
    help=help_text("Explain whose UID it is, and why; UID is the code as printed or scanned, or - for standard input."),
)
@click.argument("octets", metavar="UID")
@click.option(
    "--made", type=click.DateTime(["%Y-%m-%d"]), callback=_day, help=help_text("Day of manufacture, if known.")
)
@_GS_OPTION
@_common
def explain_command(
    *,
    octets: str,
    made: date | None,
    gs: str | None,
    library: Path | None,
    on: date | None,
    own: str | None,
    words: Words,
    as_json: bool,
) -> None:
    """Whose UID it is."""
    loaded, day = open_library(library, on, words)
    raw, members = read_uid(octets, gs), members_of(loaded)
    found = recognise(loaded, raw, on=day, members=members, own_party=own, made=made)
    suggested = suggestions(loaded, raw, on=day, members=members, own_party=own)
    if as_json:
        click.echo(json.dumps(recognition_data(raw, found, suggested, words.language), ensure_ascii=False, indent=2))
    else:
        sentences = catalogue(words.language)
        more = suggestion_lines(suggested, sentences)
        click.echo(words.lines("\n".join([*recognition_lines(found, sentences), *([""] if more else []), *more])))
    sys.exit(exit_code(found))


@uid.command(
    "why-not",
    cls=SpokenCommand,
    help=help_text("Explain why UID is not one of PARTY's: for each of its patterns, what stops it."),
)
@click.argument("octets", metavar="UID")
@click.argument("party")
@_GS_OPTION
@_common
def why_not_command(
    *,
    octets: str,
    party: str,
    gs: str | None,
    library: Path | None,
    on: date | None,
    own: str | None,
    words: Words,
    as_json: bool,
) -> None:
    """Why a UID is not a Party's."""
    loaded, day = open_library(library, on, words)
    answers = why_not(loaded, read_uid(octets, gs), party, on=day, members=members_of(loaded), own_party=own)
    if as_json:
        data = [
            {"pattern": answer.pattern.id, "reason": answer.reason.value, "position": answer.position}
            for answer in answers
        ]
        click.echo(json.dumps(data, indent=2))
    else:
        click.echo(words.lines("\n".join(why_not_lines(answers, party, catalogue(words.language)))))


@uid.command(
    "check",
    cls=SpokenCommand,
    help=help_text("Sort a list of UIDs (txt, csv, tsv, xlsx) by the Party each belongs to."),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--column", default="1", show_default=True, help=help_text("Number or heading of the column in a table."))
@click.option(
    "--split",
    type=click.Path(file_okay=False, path_type=Path),
    help=help_text("Write one list for each Party into this folder."),
)
@_common
def check_command(
    *,
    file: Path,
    column: str,
    split: Path | None,
    library: Path | None,
    on: date | None,
    own: str | None,
    words: Words,
    as_json: bool,
) -> None:
    """A whole list."""
    loaded, day = open_library(library, on, words)
    try:
        sorted_list = check_list(loaded, file, on=day, own_party=own, column=column)
    except PatternRulesError as error:
        _refused(phrase("the list cannot be read ({reason})", reason=str(error)), words)
    if split is not None:
        try:
            write_lists(sorted_list, split)
        except OSError as error:
            _refused(
                phrase("cannot be written: {file} ({reason})", file=str(error.filename), reason=str(error.strerror)),
                words,
            )
    if as_json:
        click.echo(json.dumps(worklist_data(sorted_list), indent=2))
    else:
        click.echo(words.lines("\n".join(worklist_lines(sorted_list, catalogue(words.language)))))
    unsendable = any(group.verdict is not Verdict.ROUTABLE for group in sorted_list.groups)
    sys.exit(EXIT_DECIDE if unsendable else 0)


def check_list(
    library: Library, path: Path, *, on: date, own_party: str | None, column: str = "1", progress: bool | None = None
) -> Worklist:
    """Recognises every UID of a file, with a progress bar on standard error (progress None: if it is a terminal)."""
    show = sys.stderr.isatty() if progress is None else progress
    recognised = partial(recognise, library, on=on, members=members_of(library), own_party=own_party)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not show) as bar, path.open("rb") as stream:
        total = path.stat().st_size
        rows = _with_progress(read_rows(stream, path.suffix, column), stream, bar, total)
        return sort_rows(rows, recognised)


def _with_progress(rows: Iterable[Row], stream: BinaryIO, bar: Progress, total: int) -> Iterator[Row]:
    task = bar.add_task("", total=total)
    for count, row in enumerate(rows):
        if count % 1000 == 0 and not stream.closed:
            bar.update(task, completed=stream.tell())
        yield row
    bar.update(task, completed=total)


def write_lists(sorted_list: Worklist, folder: Path) -> None:
    """One text file for each Party that something can be sent to, named by its code; never replaces a file."""
    folder.mkdir(mode=0o700, exist_ok=True)  # UIDs are content: nobody else on the machine reads them
    for group in sorted_list.groups:
        if group.verdict is Verdict.ROUTABLE:
            path = folder / f"{group.parties[0].lower()}.txt"
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.writelines(row.octets + b"\n" for row in group.rows)


def open_library(path: Path | None, on: date | None, words: Words) -> tuple[Library, date]:
    """The library to answer with (the one shipped with the program if there is no path) and the day of the question."""
    day = on or datetime.now(UTC).date()
    try:
        library = verified_library(path) if path else load_library(core_library_octets())
    except (LibraryError, LibraryLifeError) as error:
        code = str(error) if isinstance(error, LibraryError) else library_problem(error.problem)
        _refused(phrase("the pattern library cannot be used ({code})", code=code), words)
    if library.expired(day):
        sentence = phrase(
            "version {version} of the pattern library expired on {day}; get the current one",
            version=library.version,
            day=str(library.expires),
        )
        _refused(sentence, words)
    return library, day


def _refused(sentence: Sentence, words: Words) -> NoReturn:
    click.echo(words.lines(words.text(sentence)), err=True)
    sys.exit(EXIT_REFUSED)


def members_of(library: Library) -> Members:
    """Membership as far as the library itself knows it: this command runs where there is no directory."""
    declared = library.declared_members()
    return lambda party, _on: party in declared


def read_uid(argument: str, gs: str | None) -> bytes:
    """Octets of the UID: the argument, or one line of standard input; `gs` is replaced by 0x1D."""
    if argument == "-":
        raw = cast(BinaryIO, sys.stdin.buffer).readline(64 * 1024).removesuffix(b"\n").removesuffix(b"\r")
    else:
        raw = argument.encode("utf-8", "surrogateescape")
    return raw.replace(gs.encode("utf-8"), b"\x1d") if gs else raw


def exit_code(found: Recognition) -> int:
    """What the command says to a script."""
    if found.verdict is Verdict.ROUTABLE:
        return 0
    return EXIT_NOT_RECOGNISED if found.verdict in _NOT_RECOGNISED else EXIT_DECIDE
