"""`gsp forms list` and `gsp forms lint`: the packs themselves. Exit codes as in forms.py."""

import json
from pathlib import Path

import click

from forms.labels import LANGUAGES
from forms.lint import Finding, lint, lint_common
from forms.pack import Pack, PackShelf, core_shelf
from forms.view import words_for
from gateway.cli.forms_files import EXIT_NOT_GOOD
from gateway.cli.officer_options import language_option
from gateway.cli.spoken import SpokenCommand, SpokenUsageError, help_text
from gateway.words import Words, phrase

_LIST = help_text("List the form packs: name, version, status, languages that a speaker has reviewed, title.")
_LINT = help_text(
    "Say what is missing in packs: fields without words, untranslated or in the wrong script, examples, migration. A "
    "translation that no speaker has reviewed is a note and does not change the exit status. What it finds is said in "
    "English, to authors of packs."
)


@click.command("list", cls=SpokenCommand, help=_LIST)
@language_option
@click.option("--json", "as_json", is_flag=True, help=help_text("Machine-readable output."))
def list_command(words: Words, *, as_json: bool) -> None:
    """The packs there are."""
    shelf = core_shelf()
    packs = [shelf.pack(name, version) for name, version in shelf.names()]
    if as_json:
        click.echo(json.dumps([_pack_data(pack) for pack in packs], ensure_ascii=False, indent=1))
        return
    for pack in packs:
        reviewed = words.text(phrase("reviewed: {languages}", languages=",".join(_reviewed(pack)) or "-"))
        title = words_for(pack, words.language).text("form", "title")
        click.echo(words.lines(f"{pack.id:28} {pack.version:3} {pack.status:6} {reviewed:16} {title}"))


@click.command("lint", cls=SpokenCommand, help=_LINT)
@click.argument("packs", nargs=-1, metavar="[PACK]...")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=help_text("Folder of packs to check instead of the project's own."),
)
@language_option
def lint_command(packs: tuple[str, ...], *, folder: Path | None, words: Words) -> None:
    """What is missing in packs."""
    shelf = PackShelf(folder) if folder else core_shelf()
    unknown = set(packs) - {name for name, _ in shelf.names()}
    if unknown:
        names = ", ".join(sorted(unknown))
        raise SpokenUsageError(phrase("there is no pack {pack}; see `gsp forms list`", pack=names), words)
    findings: list[Finding] = [] if packs or folder else list(lint_common())
    checked = [(name, version) for name, version in shelf.names() if not packs or name in packs]
    for name, version in checked:
        findings += lint(shelf, name, version)
    for finding in findings:
        click.echo(f"{'note' if finding.note else 'fault'}  {finding.pack}: {finding.text}")
    faults = sum(not finding.note for finding in findings)
    notes = len(findings) - faults
    told = phrase("packs: {packs}; faults: {faults}; notes: {notes}", packs=len(checked), faults=faults, notes=notes)
    click.echo(words.lines(words.text(told)))
    raise SystemExit(EXIT_NOT_GOOD if faults else 0)


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
