"""`gsp forms new`: forms to fill in. Exit codes as in forms.py."""

from pathlib import Path

import click

from forms.convert import write_table
from forms.entries import Entry, draft, flatten
from forms.errors import FormError
from forms.form import Form, digest
from forms.pack import Pack, core_shelf
from forms.skeleton import blank_entries, starting_entries, takes_uids
from gateway.cli.forms_files import (
    EXIT_WARNINGS,
    FILE,
    force_option,
    grid_kind,
    read_form,
    refuse,
    uid_list,
    write_file,
)
from gateway.cli.officer_options import language_option
from gateway.cli.spoken import SpokenCommand, SpokenUsageError, help_text
from gateway.words import Words, phrase

_NEW = help_text(
    "Write a form of PACK ready to fill: with its defaults, your UIDs, and a blank place for each field. A spreadsheet "
    "has a line for every field, with its label, help and codes; XML has the fields that must be filled in. What --set "
    "names stays in the shell's history: give sensitive values in the file instead."
)
_FINGERPRINT = "form-sha256"
_EXAMPLE = """\b
gsp forms new uid-query --uids list.xlsx --set purpose=investigation -o query.xlsx"""


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
    help=help_text("The form that this one answers or is about: its fingerprint or its UIDs are filled in."),
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
    fingerprint, octets_of_uids = _about(read_form(about, words), pack, words) if about else ((), ())
    given = [*fingerprint, *(_value(text, words) for text in values)]
    octets_of_uids, warned = uid_list(uids, gs, words) if uids else (octets_of_uids, False)
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


def _unbound(form: Form, pack: Pack, words: Words) -> tuple[Entry, ...]:
    if (form.pack, form.version) != (pack.id, pack.version):
        raise SpokenUsageError(
            phrase("--from: not a form of this pack in its newest version; `gsp forms migrate` brings it there"), words
        )
    return tuple(entry for entry in flatten(form) if not entry.path.startswith("binding/"))


def _about(form: Form, pack: Pack, words: Words) -> tuple[tuple[Entry, ...], tuple[bytes, ...]]:
    """What a new form takes from the one it is about: its fingerprint, or else its UIDs."""
    if pack.root.child(_FINGERPRINT) is not None:
        return (Entry(_FINGERPRINT, digest(form)),), ()
    if not takes_uids(pack):
        raise SpokenUsageError(phrase("--about: forms of this pack are about no other form"), words)
    return (), form.uids


def _value(text: str, words: Words) -> Entry:
    path, equals, value = text.partition("=")
    if not equals:
        raise SpokenUsageError(phrase("--set: expected PATH=VALUE, such as purpose=investigation"), words)
    return Entry(path, value)
