"""`gsp patterns`: look at a pattern library, and at what a proposed one would change. Reads files; publishes nothing.

Exit codes: 0 nothing to object; 3 the review found something that blocks publication or needs a Party's consent;
5 a library file is refused.
"""

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click

from gateway.library.problem import LibraryLifeError
from gateway.library.release import unverified_library_octets
from pattern_rules import Library, LibraryError, Pattern, core_library_octets, load_library
from pattern_rules.difference import PatternChange, difference
from pattern_rules.display import display
from pattern_rules.review import Remark, review

EXIT_OBJECTION = 3
EXIT_REFUSED = 5
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def patterns() -> None:
    """The pattern library: which UIDs belong to which Party."""


@patterns.command("show")
@click.argument("pattern_id", required=False)
@click.option("--library", type=_FILE, help="Library file; without it, the one shipped with the program.")
@click.option("--party", help="Only patterns of this Party.")
def show_command(pattern_id: str | None, library: Path | None, party: str | None) -> None:
    """Show a library, or one pattern of it in full."""
    loaded = _open(library)
    if pattern_id is not None:
        if pattern_id not in loaded.by_id:
            raise click.BadParameter("the library has no such pattern", param_hint="PATTERN_ID")
        click.echo("\n".join(_full(loaded.by_id[pattern_id])))
        return
    click.echo(f"Library {loaded.version}, issued {loaded.issued}, expires {loaded.expires}")
    click.echo(f"SHA-256 {loaded.sha256}, predecessor {loaded.predecessor or 'none'}")
    for pattern in loaded.patterns:
        if party is None or party in pattern.owners:
            click.echo(_line(pattern))


@patterns.command("diff")
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
def diff_command(before: Path, after: Path) -> None:
    """Show what differs between two libraries, pattern by pattern and field by field."""
    for line in change_lines(difference(_open(before), _open(after))):
        click.echo(line)


@patterns.command("review")
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the review (UTC).")
def review_command(before: Path, after: Path, on: datetime | None) -> None:
    """Show what the proposed library AFTER would change, against BEFORE, the one in force."""
    day: date = on.date() if on else datetime.now(UTC).date()
    found = review(_open(before), _open(after), on=day)
    for line in change_lines(found.changes):
        click.echo(line)
    for remark in found.remarks:
        click.echo(_remark_line(remark))
    click.echo("Nothing stands against it." if found.publishable else "It can't be published as it is.")
    sys.exit(0 if found.publishable else EXIT_OBJECTION)


def _open(path: Path | None) -> Library:
    try:
        # A signed file is looked at, not acted upon: its signatures are what `gsp library fetch` is for.
        return load_library(unverified_library_octets(path.read_bytes()) if path else core_library_octets())
    except (LibraryError, LibraryLifeError) as error:
        click.echo(f"{path or 'shipped library'}: {error}", err=True)
        sys.exit(EXIT_REFUSED)


def _line(pattern: Pattern) -> str:
    marks = [] if pattern.active else [pattern.status.value]
    marks += ["synthetic"] if pattern.synthetic else []
    marks += [] if pattern.member else ["not a Party"]
    owners = ",".join(sorted(pattern.owners)) or "-"
    return f"{pattern.id:20} {owners:15} {pattern.level:9} {pattern.form:26} {', '.join(marks)}".rstrip()


def _full(pattern: Pattern) -> list[str]:
    checks = ", ".join(f"{check.rule}({'+'.join(check.over) or 'whole'})" for check in pattern.checks)
    rows = [
        ("id", pattern.id),
        ("Party", ", ".join(sorted(pattern.owners)) or "none by itself"),
        ("level, form", f"{pattern.level}, {pattern.form}"),
        ("expression", pattern.expression.source),
        ("length", f"{pattern.min_length} to {pattern.max_length}"),
        ("checks", checks or "none"),
        ("question", f"{pattern.valid.since or '…'} to {pattern.valid.until or '…'}"),
        ("manufacture", f"{pattern.made.since or '…'} to {pattern.made.until or '…'}"),
        ("yields to", ", ".join(pattern.yields_to) or "none"),
        ("examples", "  ".join(display(example) for example in pattern.examples)),
        ("not examples", "  ".join(display(example) for example in pattern.counter_examples) or "none"),
        ("status", pattern.status.value),
        ("provenance", ("SYNTHETIC. " if pattern.synthetic else "") + pattern.provenance),
        ("note", pattern.note or "none"),
    ]
    return [f"{name:13} {value}" for name, value in rows]


def change_lines(changes: tuple[PatternChange, ...]) -> list[str]:
    """Changes for human eyes, field by field."""
    lines: list[str] = []
    for change in changes:
        lines.append(f"{change.change:9} {change.pattern_id}")
        for field in change.fields:
            lines += [f"            {field.field}", f"          - {field.before}", f"          + {field.after}"]
    return lines


def _remark_line(remark: Remark) -> str:
    concerned = " ".join(name for name in (remark.pattern_id, remark.other_id) if name)
    witness = f"  e.g. {display(remark.witness)}" if remark.witness is not None else ""
    return f"{remark.weight:14} {remark.finding}  {concerned}{witness}"
