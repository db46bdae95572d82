"""`gsp forms`: make, check, read and convert forms, and check the packs they come from. On the officer's own machine.

Exit codes: 0 done; 1 a form, list or pack is not good; 2 wrong usage, or a file that cannot be read or written; 3 done,
but there are warnings to read.
"""

import json
from pathlib import Path

import click

from forms.errors import FormError
from forms.html import render_html
from forms.migration import migrate
from forms.pack import core_shelf
from forms.prefill import apply_correction, changed_paths
from forms.problem_text import message
from forms.text import render_text
from forms.validation import Inspection, inspect
from gateway.cli.forms_converting import convert_command
from gateway.cli.forms_files import (
    EXIT_NOT_GOOD,
    EXIT_WARNINGS,
    FILE,
    force_option,
    output_option,
    read_file,
    read_form,
    refuse,
    say,
    tell,
    write_file,
)
from gateway.cli.forms_making import new_command
from gateway.cli.forms_packs import lint_command, list_command
from gateway.cli.officer_options import language_option
from gateway.cli.spoken import SpokenGroup, help_text
from gateway.words import Words

_EXAMPLE = """\b
gsp forms new uid-query --uids list.xlsx -o query.xlsx
gsp forms convert query.xlsx query.xml
gsp forms validate query.xml
gsp forms render query.xml --language ar --as html -o query.html"""
_VALIDATE = help_text(
    "Check forms and say, in your language, which field is wrong and why. Nothing of their content is shown."
)
_RENDER = help_text("Show a form in your language, as text or as a page to print.")
_MIGRATE = help_text(
    "Bring a form to a newer version of its pack. It loses its bindings: it is a new form, to be sealed again."
)


@click.group("forms", cls=SpokenGroup, help=help_text("Make, check, read and convert forms."), epilog=_EXAMPLE)
def forms_group() -> None:
    """Officers' forms."""


forms_group.add_command(list_command)
forms_group.add_command(lint_command)
forms_group.add_command(new_command)
forms_group.add_command(convert_command)


@forms_group.command("validate", help=_VALIDATE)
@click.argument("files", nargs=-1, required=True, type=FILE)
@language_option
@click.option("--json", "as_json", is_flag=True, help=help_text("One line of JSON for each file."))
def validate_command(files: tuple[Path, ...], words: Words, *, as_json: bool) -> None:
    """What is wrong with forms."""
    bad = 0
    for file in files:
        inspection = inspect(read_file(file, words))
        bad += inspection.form is None
        if as_json:
            click.echo(json.dumps(_inspection_data(file, inspection), ensure_ascii=False))
            continue
        if inspection.form is not None:
            click.echo(words.lines(f"{file}: {message('valid', words.language)}"))
        tell(file, inspection.problems, inspection.pack, words)
    raise SystemExit(EXIT_NOT_GOOD if bad else 0)


@forms_group.command("render", help=_RENDER)
@click.argument("file", type=FILE)
@click.option("--as", "kind", type=click.Choice(["text", "html"]), default="text", show_default=True)
@click.option("--earlier", type=FILE, help=help_text("An earlier form of the same pack: what changed since is marked."))
@click.option(
    "--correction", type=FILE, help=help_text("A correction, its signature verified: show the form as it leaves it.")
)
@language_option
@output_option
@force_option
def render_command(
    file: Path,
    *,
    kind: str,
    earlier: Path | None,
    correction: Path | None,
    words: Words,
    output: Path,
    force: bool,
) -> None:
    """A form to read."""
    form = read_form(file, words)
    try:
        if correction is not None:
            form = apply_correction(form, read_form(correction, words))
        changed = changed_paths(read_form(earlier, words), form) if earlier else frozenset()
    except FormError as error:
        refuse(correction or earlier or file, error.problem, None, words)
    if kind == "html":
        write_file(output, render_html(form, words.language, changed=changed), words, force=force)
    else:
        write_file(output, render_text(form, words.language, changed=changed).encode(), words, force=force)


@forms_group.command("migrate", help=_MIGRATE)
@click.argument("source", type=FILE)
@click.option("--to", "version", metavar="VERSION", help=help_text("Version to come to; the newest by default."))
@language_option
@output_option
@force_option
def migrate_command(source: Path, *, version: str | None, words: Words, output: Path, force: bool) -> None:
    """A form in a newer version."""
    form = read_form(source, words)
    try:
        migration = migrate(form, version)
    except FormError as error:
        refuse(source, error.problem, None, words)
    pack = core_shelf().pack(form.pack, version or core_shelf().versions(form.pack)[-1])
    write_file(output, migration.octets, words, force=force)
    for path in migration.dropped:
        say(f"{source}: {path}: {message('lossy', words.language)}", words)
    tell(source, migration.problems, pack, words)
    if migration.problems:
        raise SystemExit(EXIT_NOT_GOOD)
    raise SystemExit(EXIT_WARNINGS if migration.dropped else 0)


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
