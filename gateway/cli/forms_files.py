"""Files of `gsp forms`: read, write, and say in the reader's language what is wrong with them.

Contract: what is said about a file names fields and lines, never content. Exit codes as in gateway/cli/forms.py.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import click

from forms.errors import FormError, Problem
from forms.form import Form
from forms.grid import FileKind
from forms.pack import Pack
from forms.problem_text import describe, message
from forms.uid_list import ListKind, read_uid_list
from forms.validation import inspect
from gateway.cli.spoken import SpokenUsageError, help_text
from gateway.words import Sentence, Words, phrase

EXIT_NOT_GOOD = 1
EXIT_USAGE = 2
EXIT_WARNINGS = 3
FILE = click.Path(dir_okay=False, path_type=Path, allow_dash=True)

output_option = click.option(
    "-o", "--output", type=FILE, default="-", help=help_text("File to write; standard output by default.")
)
force_option = click.option("--force", is_flag=True, help=help_text("Replace a file that is there."))


def read_form(file: Path, words: Words) -> Form:
    """Return the valid form in a file; leave with EXIT_NOT_GOOD, having said what is wrong."""
    inspection = inspect(read_file(file, words))
    if inspection.form is None:
        tell(file, inspection.problems, inspection.pack, words)
        raise SystemExit(EXIT_NOT_GOOD)
    return inspection.form


def tell(file: Path, problems: Iterable[Problem], pack: Pack | None, words: Words) -> None:
    """Say what is wrong, on standard error."""
    for problem in problems:
        say(f"{file}: {describe(problem, pack, words.language)}", words)


def refuse(file: Path, problem: Problem, pack: Pack | None, words: Words) -> NoReturn:
    """Say what is wrong and leave with EXIT_NOT_GOOD."""
    tell(file, (problem,), pack, words)
    raise SystemExit(EXIT_NOT_GOOD)


def read_file(file: Path, words: Words) -> bytes:
    """Return the octets of a file, "-" being standard input; leave with EXIT_USAGE if it cannot be read."""
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        _unusable(file, error, words)


def write_file(file: Path, octets: bytes, words: Words, *, force: bool) -> None:
    """Write a file, "-" being standard output; leave with EXIT_USAGE if it is there already and not `force`."""
    if str(file) == "-":
        sys.stdout.buffer.write(octets)
        return
    try:
        with file.open("wb" if force else "xb") as stream:
            stream.write(octets)
    except OSError as error:
        _unusable(file, error, words)


def say(text: str, words: Words) -> None:
    """Print a line on standard error."""
    click.echo(words.lines(text), err=True)


def _unusable(file: Path, error: OSError, words: Words) -> NoReturn:
    say(words.text(phrase("{file}: {reason}", file=str(file), reason=_reason(error))), words)
    raise SystemExit(EXIT_USAGE)


def _reason(error: OSError) -> Sentence | str:
    match error:
        case FileNotFoundError():
            return phrase("there is no such file or folder")
        case FileExistsError():
            return phrase("a file of this name is there already; --force replaces it")
        case IsADirectoryError():
            return phrase("this is a folder, not a file")
        case PermissionError():
            return phrase("you may not read or write this file")
        case _:
            return error.strerror or ""


def grid_kind(file: Path, words: Words) -> FileKind:
    """Return what kind of spreadsheet a name says. Raises SpokenUsageError."""
    try:
        return FileKind(file.suffix.lower())
    except ValueError:
        sentence = phrase("{file}: expected a name that ends in .csv or .xlsx", file=str(file))
        raise SpokenUsageError(sentence, words) from None


def list_kind(file: Path, words: Words) -> ListKind:
    """Return what kind of list a name says. Raises SpokenUsageError."""
    try:
        return ListKind(file.suffix.lower())
    except ValueError:
        sentence = phrase("{file}: expected a name that ends in .txt, .csv or .xlsx", file=str(file))
        raise SpokenUsageError(sentence, words) from None


def uid_list(file: Path, gs: str | None, words: Words) -> tuple[tuple[bytes, ...], bool]:
    """Return the UIDs of a list and whether there were warnings, which have been said."""
    try:
        found = read_uid_list(read_file(file, words), list_kind(file, words), separator=gs)
    except FormError as error:
        refuse(file, error.problem, None, words)
    for warning in found.warnings:
        line = f"{message('line', words.language)} {warning.line}"
        say(f"{file}: {line}: {message(warning.damage.value, words.language)}", words)
    return found.uids, bool(found.warnings)
