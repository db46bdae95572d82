"""`gsp keys why`: the chain from the root to an address, with the verdict and what to do."""

import sys
from datetime import UTC, datetime

import click

from gateway.chain_words import STATES
from gateway.cli.context import Deployment, friendly_errors, pass_deployment
from gateway.directory_rules import directory_rules
from gateway.words import words_in
from keyring_admin.chain.explanation import Explanation, Link, explain
from keyring_admin.chain.requests import grouped
from keyring_admin.parties import Party


@click.command("why")
@click.argument("address")
@click.option("--language", default="en", show_default=True, help="Language of the verdict: ar, zh, en, fr, ru or es.")
@pass_deployment
def why(deployment: Deployment, address: str, language: str) -> None:
    """Explain why the officer or Party with ADDRESS has access or not. Exit code 0: access; 1: none.

    The chain is judged anew, and nothing is changed.
    """
    now = datetime.now(UTC)
    with friendly_errors(), deployment.reading() as connection:
        found = explain(connection, address, rules=directory_rules(deployment.settings), now=now)
    click.echo(f"{found.address}\n{_party(found.party, now)}")
    for each in _account(found):
        click.echo(each)
    words = words_in(language)
    for link in found.links:
        click.echo(_link(link))
        click.echo(f"    {words.lines(words.text(STATES[link.state]))}")
    last = found.last
    if last is None:
        click.echo("no certificate: nothing can be encrypted to this address or signed by it")
    granted = last is not None and last.state.grants and last.withdrawn_at is None and found.party.member_on(now.date())
    if not granted or (found.officer is not None and not found.officer.active):
        sys.exit(1)


def _party(party: Party, now: datetime) -> str:
    until = f" until {party.member_until}" if party.member_until is not None else ""
    member = "a member today" if party.member_on(now.date()) else "suspended here, or NOT a member today"
    return f"Party {party.code}, member from {party.member_from}{until}: {member}"


def _account(found: Explanation) -> list[str]:
    officer = found.officer
    if officer is None:
        return []
    lines = []
    if officer.removed_at is not None:
        lines.append(f"removed on {officer.removed_at:%Y-%m-%d}: no access")
    elif not officer.active:
        lines.append("the account is suspended: `gsp officers resume`")
    if not officer.enrolled:
        lines.append("not enrolled yet: may only write to keys@")
    return lines


def _link(link: Link) -> str:
    lines = [f"{link.role} {link.address}".rstrip(), f"    {grouped(link.fingerprint)}"]
    if link.expires_at is not None:
        lines.append(f"    the certificate expires {link.expires_at:%Y-%m-%d}")
    if link.certifier is not None:
        lines.append(f"    certified by {grouped(link.certifier)}")
    lines += [
        f"    may certify in {domain}" + (f" until {end:%Y-%m-%d}" if end else "") for domain, end in link.domains
    ]
    if link.until is not None:
        lines.append(f"    the chain holds until {link.until:%Y-%m-%d %H:%M} UTC")
    if link.withdrawn_at is not None:
        lines.append(f"    WITHDRAWN on {link.withdrawn_at:%Y-%m-%d}: it does not come back")
    if link.stored is not None:
        lines.append(f"    the directory still has {link.stored.value}: `gsp keys derive` brings it up to date")
    return "\n".join(lines)
