"""`gsp forms`: make, check, read and convert forms, and check the packs they come from. On the officer's own machine.

Exit codes: 0 done; 1 a form, list or pack is not good; 2 wrong usage, or a file that cannot be read or written; 3 done,
but there are warnings to read.
"""

import json
from pathlib import Path

import click

from forms.errors import FormError
from forms.html import render_html
from forms.labels import LANGUAGES
from forms.lint import Finding, lint, lint_common
from forms.migration import migrate
from forms.pack import Pack, PackShelf, core_shelf
from forms.prefill import apply_correction, changed_paths
from forms.problem_text import message
from forms.text import render_text
from forms.validation import Inspection, inspect
from forms.view import words_for
from gateway.cli.forms_files import (
    EXIT_NOT_GOOD,
    EXIT_WARNINGS,
    FILE,
    force_option,
    language_option,
    output_option,
    read_file,
    read_form,
    refuse,
    tell,
    write_file,
)
from gateway.cli.forms_making import convert_command, new_command


@click.group("forms")
def forms_group() -> None:
    """Make, check, read and convert forms.

    \b
    gsp forms new uid-query --uids list.xlsx -o query.xlsx    a form ready to fill, in a spreadsheet
    gsp forms convert query.xlsx query.xml                    what was filled in, as a form
    gsp forms validate query.xml                              what is still wrong with it
    gsp forms render query.xml --language ar --as html -o query.html
    """


forms_group.add_command(new_command)
forms_group.add_command(convert_command)


@forms_group.command("list")
@language_option
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
@language_option
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
@click.option("--correction", type=FILE, help="A correction, its signature verified: show the form as it leaves it.")
@language_option
@output_option
@force_option
def render_command(
    file: Path,
    *,
    kind: str,
    earlier: Path | None,
    correction: Path | None,
    language: str,
    output: Path,
    force: bool,
) -> None:
    """Show a form in your language, as text or as a page to print."""
    form = read_form(file, language)
    try:
        if correction is not None:
            form = apply_correction(form, read_form(correction, language))
        changed = changed_paths(read_form(earlier, language), form) if earlier else frozenset()
    except FormError as error:
        refuse(correction or earlier or file, error.problem, None, language)
    if kind == "html":
        write_file(output, render_html(form, language, changed=changed), force=force)
    else:
        write_file(output, render_text(form, language, changed=changed).encode(), force=force)


@forms_group.command("migrate")
@click.argument("source", type=FILE)
@click.option("--to", "version", metavar="VERSION", help="Version to come to; the newest by default.")
@language_option
@output_option
@force_option
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


def _reviewed(pack: Pack) -> list[str]:
    return [language for language in LANGUAGES if words_for(pack, language).reviewed]


def _pack_data(pack: Pack) -> dict[str, object]:
    return {
        "id": pack.id,
        "version": pack.version,
        "status": pack.status,
        "message_classes": pack.message_classes,
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
