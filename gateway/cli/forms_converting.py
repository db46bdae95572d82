"""`gsp forms convert`: between forms, spreadsheets and lists of UIDs. Exit codes as in forms.py."""

from pathlib import Path

import click

from forms.convert import from_table, to_table
from forms.errors import FormError
from forms.uid_list import write_uid_list
from forms.validation import inspect
from gateway.cli.forms_files import (
    EXIT_NOT_GOOD,
    EXIT_WARNINGS,
    FILE,
    force_option,
    grid_kind,
    list_kind,
    read_file,
    read_form,
    refuse,
    tell,
    uid_list,
    write_file,
)
from gateway.cli.officer_options import language_option
from gateway.cli.spoken import SpokenCommand, SpokenUsageError, help_text
from gateway.words import Words, phrase

_CONVERT = help_text(
    "Convert a form between .xml, .csv and .xlsx, by the ends of the file names; or take out its UIDs. A form from a "
    "spreadsheet is written even if it is not valid yet: then what is wrong is said and the exit status is 1."
)


@click.command("convert", cls=SpokenCommand, help=_CONVERT)
@click.argument("source", type=FILE)
@click.argument("target", type=FILE)
@click.option(
    "--uids", is_flag=True, help=help_text("Only the UIDs: from a form to .txt, .csv or .xlsx, or between such lists.")
)
@click.option(
    "--gs", metavar="TEXT", help=help_text("With --uids: how the list spells the character GS (0x1D), such as '<GS>'.")
)
@language_option
@force_option
def convert_command(source: Path, target: Path, *, uids: bool, gs: str | None, words: Words, force: bool) -> None:
    """Between XML, spreadsheets and lists of UIDs."""
    if uids:
        code = _convert_uids(source, target, gs, words, force=force)
    elif source.suffix == ".xml":
        form = read_form(source, words)
        write_file(target, to_table(form, grid_kind(target, words), words.language), words, force=force)
        code = 0
    else:
        code = _from_table(source, target, words, force=force)
    raise SystemExit(code)


def _convert_uids(source: Path, target: Path, gs: str | None, words: Words, *, force: bool) -> int:
    if source.suffix == ".xml":
        uids, warned = read_form(source, words).uids, False
    else:
        uids, warned = uid_list(source, gs, words)
    try:
        octets = write_uid_list(uids, list_kind(target, words))
    except FormError as error:
        refuse(target, error.problem, None, words)
    write_file(target, octets, words, force=force)
    return EXIT_WARNINGS if warned else 0


def _from_table(source: Path, target: Path, words: Words, *, force: bool) -> int:
    try:
        octets = from_table(read_file(source, words), grid_kind(source, words))
    except FormError as error:
        refuse(source, error.problem, None, words)
    inspection = inspect(octets)
    if target.suffix != ".xml":
        raise SpokenUsageError(phrase("a spreadsheet is converted to .xml"), words)
    write_file(target, octets if inspection.form is None else inspection.form.canonical, words, force=force)
    tell(source, inspection.problems, inspection.pack, words)
    return EXIT_NOT_GOOD if inspection.problems else 0
