"""An act written into the key log, with the proposal it rests on."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from keyring_admin.acts.actor import Actor, Approved
from keyring_admin.acts.rights import Act
from keyring_admin.key_log.chain import Detail
from keyring_admin.key_log.log import record


def record_act(
    connection: Connection,
    act: Act,
    actor: Actor,
    *,
    now: datetime,
    party: str | None,
    subject: str | None = None,
    details: Mapping[str, Detail] | None = None,
) -> None:
    """Append the act. details: no names of people, no addresses; acts/recording.py adds the proposal's number."""
    written: dict[str, Detail] = {key: value for key, value in (details or {}).items() if value is not None}
    if isinstance(actor, Approved):
        written["proposal"] = actor.proposal
    record(connection, act.value, actor, now=now, party=party, subject=subject, details=written)
