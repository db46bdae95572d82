"""Files of `gsp forms`: read, write, and say in the reader's language what is wrong with them.

Contract: what is said about a file names fields and lines, never content. Exit codes as in gateway/cli/forms.py.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import click

from forms.errors import FormError, Problem
from forms.form import Form
from forms.grid import FileKind
from forms.labels import LANGUAGES
from forms.pack import Pack
from forms.problem_text import describe, message
from forms.uid_list import ListKind, read_uid_list
from forms.validation import inspect
from gateway.words import language_of_environment

EXIT_NOT_GOOD = 1
EXIT_USAGE = 2
EXIT_WARNINGS = 3
FILE = click.Path(dir_okay=False, path_type=Path, allow_dash=True)

language_option = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=lambda: language_of_environment(os.environ),
    envvar="GSP_LANGUAGE",
    show_default="that of LC_ALL or LANG, else en",
    help="Language to read in (or GSP_LANGUAGE).",
)
output_option = click.option(
    "-o", "--output", type=FILE, default="-", help="File to write; standard output by default."
)
force_option = click.option("--force", is_flag=True, help="Replace a file that is there.")


def read_form(file: Path, language: str) -> Form:
    """Return the valid form in a file; leave with EXIT_NOT_GOOD, having said what is wrong."""
    inspection = inspect(read_file(file))
    if inspection.form is None:
        tell(file, inspection.problems, inspection.pack, language)
        raise SystemExit(EXIT_NOT_GOOD)
    return inspection.form


def tell(file: Path, problems: Iterable[Problem], pack: Pack | None, language: str) -> None:
    """Say what is wrong, on standard error."""
    for problem in problems:
        click.echo(f"{file}: {describe(problem, pack, language)}", err=True)


def refuse(file: Path, problem: Problem, pack: Pack | None, language: str) -> NoReturn:
    """Say what is wrong and leave with EXIT_NOT_GOOD."""
    tell(file, (problem,), pack, language)
    raise SystemExit(EXIT_NOT_GOOD)


def read_file(file: Path) -> bytes:
    """Return the octets of a file, "-" being standard input; leave with EXIT_USAGE if it cannot be read."""
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        _unusable(file, error)


def write_file(file: Path, octets: bytes, *, force: bool) -> None:
    """Write a file, "-" being standard output; leave with EXIT_USAGE if it is there already and not `force`."""
    if str(file) == "-":
        sys.stdout.buffer.write(octets)
        return
    try:
        with file.open("wb" if force else "xb") as stream:
            stream.write(octets)
    except OSError as error:
        _unusable(file, error)


def _unusable(file: Path, error: OSError) -> NoReturn:
    click.echo(f"{file}: {error.strerror}", err=True)
    raise SystemExit(EXIT_USAGE)


def grid_kind(file: Path) -> FileKind:
    """Return what kind of spreadsheet a name says. Raises click.BadParameter."""
    try:
        return FileKind(file.suffix.lower())
    except ValueError:
        raise click.BadParameter(f"{file}: expected a name that ends in .csv or .xlsx") from None


def list_kind(file: Path) -> ListKind:
    """Return what kind of list a name says. Raises click.BadParameter."""
    try:
        return ListKind(file.suffix.lower())
    except ValueError:
        raise click.BadParameter(f"{file}: expected a name that ends in .txt, .csv or .xlsx") from None


def uid_list(file: Path, gs: str | None, language: str) -> tuple[tuple[bytes, ...], bool]:
    """Return the UIDs of a list and whether there were warnings, which have been said."""
    try:
        found = read_uid_list(read_file(file), list_kind(file), separator=gs)
    except FormError as error:
        refuse(file, error.problem, None, language)
    for warning in found.warnings:
        click.echo(
            f"{file}: {message('line', language)} {warning.line}: {message(warning.damage.value, language)}", err=True
        )
    return found.uids, bool(found.warnings)
