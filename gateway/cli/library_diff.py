"""`gsp library diff`: what changed between two published versions. For files, `gsp patterns diff`."""

import click

from gateway.cli.context import Deployment, pass_deployment
from gateway.cli.library_desk import library_errors
from gateway.cli.patterns import change_lines
from gateway.library.archive import Version, versions
from gateway.library.problem import LibraryLifeError, Problem
from pattern_rules import load_library
from pattern_rules.difference import difference


@click.command()
@click.argument("before", type=click.IntRange(min=1))
@click.argument("after", type=click.IntRange(min=1), required=False)
@pass_deployment
def diff(deployment: Deployment, before: int, after: int | None) -> None:
    """Show what differs between versions BEFORE and AFTER (the newest if not given), pattern by pattern."""
    with library_errors(), deployment.engine().connect() as connection:
        known = {one.number: one for one in versions(connection)}
        old = _version(known, before)
        new = _version(known, after if after is not None else max(known))
        lines = change_lines(difference(load_library(old.octets), load_library(new.octets)))
    click.echo(f"From version {old.number} ({old.issued}) to version {new.number} ({new.issued}):")
    click.echo("\n".join(lines) or "They recognise the same.")


def _version(known: dict[int, Version], number: int) -> Version:
    if number not in known:
        raise LibraryLifeError(Problem.UNKNOWN_VERSION)
    return known[number]
