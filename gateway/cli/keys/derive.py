"""`gsp keys derive`: judge every certificate anew, as each act and the running gateway do by themselves."""

from datetime import UTC, datetime

import click

from gateway.cli.context import Deployment, friendly_errors, pass_deployment
from keyring_admin.chain.derive import AccessChange, derive_access, derive_due_access


@click.command("derive")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@pass_deployment
def derive(deployment: Deployment, *, dry_run: bool) -> None:
    """Judge every certificate by the chain, and say what changed. Each change goes into the key log."""
    special = deployment.settings.gateway.special_use_domains
    changes: tuple[AccessChange, ...]
    now = datetime.now(UTC)
    with friendly_errors():
        if dry_run:
            with deployment.reading() as connection:
                changes = derive_access(connection, now=now, special_use_domains=special, keep=False)
        else:
            changes = derive_due_access(deployment.engine(), now=now, special_use_domains=special, due_only=False)
    for change in changes:
        who = f"{change.party or 'Secretariat':12} {change.purpose.value:12}"
        click.echo(f"{who} {change.fingerprint}  {change.before.value} -> {change.after.value}")
    click.echo(f"certificates whose state {'would change' if dry_run else 'changed'}: {len(changes)}")
