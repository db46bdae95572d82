"""`gsp forms`: make, check, read and convert forms, and check the packs they come from. On the officer's own machine.

Exit codes: 0 done; 1 a form, list or pack is not good; 2 wrong usage, or a file that cannot be read or written; 3 done,
but there are warnings to read.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import click

from forms.convert import from_table, to_table, write_table
from forms.entries import Entry, draft, flatten
from forms.errors import FormError
from forms.form import Form
from forms.html import render_html
from forms.labels import LANGUAGES
from forms.lint import Finding, lint, lint_common
from forms.migration import migrate
from forms.pack import Pack, PackShelf, core_shelf
from forms.prefill import changed_paths
from forms.problem_text import message
from forms.skeleton import blank_entries, starting_entries
from forms.text import render_text
from forms.uid_list import write_uid_list
from forms.validation import Inspection, inspect
from forms.view import words_for
from gateway.cli.forms_files import (
    EXIT_NOT_GOOD,
    EXIT_WARNINGS,
    FILE,
    grid_kind,
    list_kind,
    read_file,
    read_form,
    refuse,
    tell,
    uid_list,
    write_file,
)

_language = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="en",
    envvar="GSP_LANGUAGE",
    show_default=True,
    help="Language to read in (or GSP_LANGUAGE).",
)
_output = click.option("-o", "--output", type=FILE, default="-", help="File to write; standard output by default.")
_force = click.option("--force", is_flag=True, help="Replace a file that is there.")


@click.group("forms")
def forms_group() -> None:
    """Make, check, read and convert forms.

    \b
    gsp forms new uid-query --uids list.xlsx -o query.xlsx    a form ready to fill, in a spreadsheet
    gsp forms convert query.xlsx query.xml                    what was filled in, as a form
    gsp forms validate query.xml                              what is still wrong with it
    gsp forms render query.xml --language ar --as html -o query.html
    """


@forms_group.command("list")
@_language
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def list_command(language: str, *, as_json: bool) -> None:
    """List the form packs: name, version, status, languages that a speaker has reviewed, title."""
    shelf = core_shelf()
    packs = [shelf.pack(name, version) for name, version in shelf.names()]
    if as_json:
        click.echo(json.dumps([_pack_data(pack) for pack in packs], ensure_ascii=False, indent=1))
        return
    for pack in packs:
        reviewed = ",".join(_reviewed(pack)) or "none"
        title = words_for(pack, language).text("form", "title")
        click.echo(f"{pack.id:28} {pack.version:3} {pack.status:6} reviewed: {reviewed:8} {title}")


@forms_group.command("lint")
@click.argument("packs", nargs=-1, metavar="[PACK]...")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of packs to check instead of the project's own.",
)
def lint_command(packs: tuple[str, ...], folder: Path | None) -> None:
    """Say what is missing in packs: fields without words, untranslated or in the wrong script, examples, migration.

    A translation that no speaker has reviewed is a note and does not change the exit code.
    """
    shelf = PackShelf(folder) if folder else core_shelf()
    unknown = set(packs) - {name for name, _ in shelf.names()}
    if unknown:
        raise click.BadParameter(f"no such pack: {', '.join(sorted(unknown))}", param_hint="PACK")
    findings: list[Finding] = [] if packs or folder else list(lint_common())
    checked = [(name, version) for name, version in shelf.names() if not packs or name in packs]
    for name, version in checked:
        findings += lint(shelf, name, version)
    for finding in findings:
        click.echo(f"{'note' if finding.note else 'fault'}  {finding.pack}: {finding.text}")
    faults = sum(not finding.note for finding in findings)
    click.echo(f"{len(checked)} packs, {faults} faults, {len(findings) - faults} notes")
    raise SystemExit(EXIT_NOT_GOOD if faults else 0)


@forms_group.command("validate")
@click.argument("files", nargs=-1, required=True, type=FILE)
@_language
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each file.")
def validate_command(files: tuple[Path, ...], language: str, *, as_json: bool) -> None:
    """Check forms and say, in your language, which field is wrong and why. Nothing of their content is shown."""
    bad = 0
    for file in files:
        inspection = inspect(read_file(file))
        bad += inspection.form is None
        if as_json:
            click.echo(json.dumps(_inspection_data(file, inspection), ensure_ascii=False))
            continue
        if inspection.form is not None:
            click.echo(f"{file}: {message('valid', language)}")
        tell(file, inspection.problems, inspection.pack, language)
    raise SystemExit(EXIT_NOT_GOOD if bad else 0)


@forms_group.command("render")
@click.argument("file", type=FILE)
@click.option("--as", "kind", type=click.Choice(["text", "html"]), default="text", show_default=True)
@click.option("--earlier", type=FILE, help="An earlier form of the same pack: what changed since is marked.")
@_language
@_output
@_force
def render_command(file: Path, *, kind: str, earlier: Path | None, language: str, output: Path, force: bool) -> None:
    """Show a form in your language, as text or as a page to print."""
    form = read_form(file, language)
    changed: Iterable[str] = ()
    if earlier is not None:
        before = read_form(earlier, language)
        if (before.pack, before.version) != (form.pack, form.version):
            raise click.BadParameter("not a form of the same pack and version", param_hint="--earlier")
        changed = changed_paths(before, form)
    marked = frozenset(changed)
    octets = (
        render_html(form, language, changed=marked)
        if kind == "html"
        else render_text(form, language, changed=marked).encode()
    )
    write_file(output, octets, force=force)


@forms_group.command("convert")
@click.argument("source", type=FILE)
@click.argument("target", type=FILE)
@click.option("--uids", is_flag=True, help="Only the UIDs: from a form to .txt, .csv or .xlsx, or between such lists.")
@click.option("--gs", metavar="TEXT", help="With --uids: how the list spells the character GS (0x1D), such as '<GS>'.")
@_language
@_force
def convert_command(source: Path, target: Path, *, uids: bool, gs: str | None, language: str, force: bool) -> None:
    """Convert a form between .xml, .csv and .xlsx, by the ends of the file names; or take out its UIDs.

    A form from a spreadsheet is written even if it is not valid yet: then what is wrong is said and the exit code is 1.
    """
    if uids:
        code = _convert_uids(source, target, gs, language, force=force)
    elif source.suffix == ".xml":
        form = read_form(source, language)
        write_file(target, to_table(form, grid_kind(target), language), force=force)
        code = 0
    else:
        code = _from_table(source, target, language, force=force)
    raise SystemExit(code)


@forms_group.command("migrate")
@click.argument("source", type=FILE)
@click.option("--to", "version", metavar="VERSION", help="Version to come to; the newest by default.")
@_language
@_output
@_force
def migrate_command(source: Path, *, version: str | None, language: str, output: Path, force: bool) -> None:
    """Bring a form to a newer version of its pack. It loses its bindings: it is a new form, to be sealed again."""
    form = read_form(source, language)
    try:
        migration = migrate(form, version)
    except FormError as error:
        refuse(source, error.problem, None, language)
    pack = core_shelf().pack(form.pack, version or core_shelf().versions(form.pack)[-1])
    write_file(output, migration.octets, force=force)
    for path in migration.dropped:
        click.echo(f"{source}: {path}: {message('lossy', language)}", err=True)
    tell(source, migration.problems, pack, language)
    if migration.problems:
        raise SystemExit(EXIT_NOT_GOOD)
    raise SystemExit(EXIT_WARNINGS if migration.dropped else 0)


@forms_group.command("new")
@click.argument("pack_id", metavar="PACK")
@click.option("--uids", type=FILE, help="A list of UIDs: .txt, .csv or .xlsx.")
@click.option("--gs", metavar="TEXT", help="How that list spells the character GS (0x1D), such as '<GS>'.")
@click.option("--from", "earlier", type=FILE, help="An earlier form of this pack to start from.")
@click.option("--set", "values", multiple=True, metavar="PATH=VALUE", help="Fill in a field; may be repeated.")
@click.option("-o", "--output", type=FILE, required=True, help="File to write: .xml, .csv or .xlsx.")
@_language
@_force
def new_command(
    pack_id: str,
    *,
    uids: Path | None,
    gs: str | None,
    earlier: Path | None,
    values: tuple[str, ...],
    output: Path,
    language: str,
    force: bool,
) -> None:
    """Write a form of PACK ready to fill: with its defaults, your UIDs, and a blank place for each field.

    A spreadsheet has a line for every field, with its label, help and codes; XML has the fields that must be filled in.
    What --set names stays in the shell's history: give sensitive values in the file instead.

    \b
    gsp forms new uid-query --uids list.xlsx --set purpose=investigation -o query.xlsx
    """
    shelf = core_shelf()
    versions = shelf.versions(pack_id)
    if not versions:
        raise click.BadParameter("no such pack; see `gsp forms list`", param_hint="PACK")
    pack = shelf.pack(pack_id, versions[-1])
    given = [_value(text) for text in values]
    octets_of_uids, warned = uid_list(uids, gs, language) if uids else ((), False)
    before = _unbound(read_form(earlier, language), pack) if earlier else ()
    try:
        entries = starting_entries(pack, uids=octets_of_uids, earlier=before, values=given)
        blank = blank_entries(pack, entries, optional=output.suffix != ".xml")
        octets = (
            draft(pack, language, blank)
            if output.suffix == ".xml"
            else write_table(pack, language, blank, grid_kind(output), language)
        )
    except FormError as error:
        refuse(output, error.problem, pack, language)
    write_file(output, octets, force=force)
    raise SystemExit(EXIT_WARNINGS if warned else 0)


def _convert_uids(source: Path, target: Path, gs: str | None, language: str, *, force: bool) -> int:
    if source.suffix == ".xml":
        uids, warned = read_form(source, language).uids, False
    else:
        uids, warned = uid_list(source, gs, language)
    try:
        octets = write_uid_list(uids, list_kind(target))
    except FormError as error:
        refuse(target, error.problem, None, language)
    write_file(target, octets, force=force)
    return EXIT_WARNINGS if warned else 0


def _from_table(source: Path, target: Path, language: str, *, force: bool) -> int:
    try:
        octets = from_table(read_file(source), grid_kind(source))
    except FormError as error:
        refuse(source, error.problem, None, language)
    inspection = inspect(octets)
    if target.suffix != ".xml":
        raise click.BadParameter("a spreadsheet is converted to .xml", param_hint="TARGET")
    write_file(target, octets if inspection.form is None else inspection.form.canonical, force=force)
    tell(source, inspection.problems, inspection.pack, language)
    return EXIT_NOT_GOOD if inspection.problems else 0


def _unbound(form: Form, pack: Pack) -> tuple[Entry, ...]:
    if (form.pack, form.version) != (pack.id, pack.version):
        raise click.BadParameter("not a form of this pack in its newest version", param_hint="--from")
    return tuple(entry for entry in flatten(form) if not entry.path.startswith("binding/"))


def _value(text: str) -> Entry:
    path, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter("expected PATH=VALUE, such as purpose=investigation", param_hint="--set")
    return Entry(path, value)


def _reviewed(pack: Pack) -> list[str]:
    return [language for language in LANGUAGES if words_for(pack, language).reviewed]


def _pack_data(pack: Pack) -> dict[str, object]:
    return {
        "id": pack.id,
        "version": pack.version,
        "status": pack.status,
        "message_class": pack.message_class,
        "source": pack.source,
        "reviewed": _reviewed(pack),
        "titles": {language: words_for(pack, language).text("form", "title") for language in LANGUAGES},
    }


def _inspection_data(file: Path, inspection: Inspection) -> dict[str, object]:
    form = inspection.form
    return {
        "file": str(file),
        "valid": form is not None,
        "pack": inspection.pack.id if inspection.pack else None,
        "version": inspection.pack.version if inspection.pack else None,
        "bound": form.bindings is not None if form else None,
        "uids": len(form.uids) if form else None,
        "problems": [
            {"code": problem.code.value, "path": problem.path, "rule": problem.rule} for problem in inspection.problems
        ],
    }
