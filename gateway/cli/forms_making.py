"""`gsp forms new` and `gsp forms convert`: forms to fill in, spreadsheets, lists of UIDs. Exit codes as in forms.py."""

from pathlib import Path

import click

from forms.convert import from_table, to_table, write_table
from forms.entries import Entry, draft, flatten
from forms.errors import FormError
from forms.form import Form, digest
from forms.pack import Pack, core_shelf
from forms.skeleton import blank_entries, starting_entries
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
_NEW = help_text(
    "Write a form of PACK ready to fill: with its defaults, your UIDs, and a blank place for each field. A spreadsheet "
    "has a line for every field, with its label, help and codes; XML has the fields that must be filled in. What --set "
    "names stays in the shell's history: give sensitive values in the file instead."
)
_FINGERPRINT = "form-sha256"
_EXAMPLE = """\b
gsp forms new uid-query --uids list.xlsx --set purpose=investigation -o query.xlsx"""


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


@click.command("new", cls=SpokenCommand, help=_NEW, epilog=_EXAMPLE)
@click.argument("pack_id", metavar="PACK")
@click.option("--uids", type=FILE, help=help_text("A list of UIDs: .txt, .csv or .xlsx."))
@click.option(
    "--gs",
    metavar="TEXT",
    help=help_text("How that list spells the character GS (0x1D), such as '<GS>'."),
)
@click.option("--from", "earlier", type=FILE, help=help_text("An earlier form of this pack to start from."))
@click.option(
    "--about",
    type=FILE,
    help=help_text(
        "The form that this one acknowledges, clarifies, transfers or corrects: its fingerprint is filled in."
    ),
)
@click.option(
    "--set", "values", multiple=True, metavar="PATH=VALUE", help=help_text("Fill in a field; may be repeated.")
)
@click.option("-o", "--output", type=FILE, required=True, help=help_text("File to write: .xml, .csv or .xlsx."))
@language_option
@force_option
def new_command(
    pack_id: str,
    *,
    uids: Path | None,
    gs: str | None,
    earlier: Path | None,
    about: Path | None,
    values: tuple[str, ...],
    output: Path,
    words: Words,
    force: bool,
) -> None:
    """A form ready to fill."""
    shelf = core_shelf()
    versions = shelf.versions(pack_id)
    if not versions:
        raise SpokenUsageError(phrase("there is no pack {pack}; see `gsp forms list`", pack=pack_id), words)
    pack = shelf.pack(pack_id, versions[-1])
    given = [*_about(about, pack, words), *(_value(text, words) for text in values)]
    octets_of_uids, warned = uid_list(uids, gs, words) if uids else ((), False)
    before = _unbound(read_form(earlier, words), pack, words) if earlier else ()
    try:
        entries = starting_entries(pack, uids=octets_of_uids, earlier=before, values=given)
        blank = blank_entries(pack, entries, optional=output.suffix != ".xml")
        octets = (
            draft(pack, words.language, blank)
            if output.suffix == ".xml"
            else write_table(pack, words.language, blank, grid_kind(output, words), words.language)
        )
    except FormError as error:
        refuse(output, error.problem, pack, words)
    write_file(output, octets, words, force=force)
    raise SystemExit(EXIT_WARNINGS if warned else 0)


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


def _unbound(form: Form, pack: Pack, words: Words) -> tuple[Entry, ...]:
    if (form.pack, form.version) != (pack.id, pack.version):
        raise SpokenUsageError(
            phrase("--from: not a form of this pack in its newest version; `gsp forms migrate` brings it there"), words
        )
    return tuple(entry for entry in flatten(form) if not entry.path.startswith("binding/"))


def _about(file: Path | None, pack: Pack, words: Words) -> tuple[Entry, ...]:
    if file is None:
        return ()
    if pack.root.child(_FINGERPRINT) is None:
        raise SpokenUsageError(phrase("--about: forms of this pack are about no other form"), words)
    return (Entry(_FINGERPRINT, digest(read_form(file, words))),)


def _value(text: str, words: Words) -> Entry:
    path, equals, value = text.partition("=")
    if not equals:
        raise SpokenUsageError(phrase("--set: expected PATH=VALUE, such as purpose=investigation"), words)
    return Entry(path, value)
