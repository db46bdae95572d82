"""The gateway's encryption subkey: a new one each month, thirty days beside the old one, then the old secret is gone.

Programs that open slips notice the change in the directory and load the keys again; nothing has to be restarted.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from gateway.deployment import GATEWAY_CERTIFICATE, admit_gateway
from gateway.policy.facts import NoticeKind
from gateway.settings import Settings
from keyring_admin.acts.actor import GATEWAY, Actor
from keyring_admin.database import write_transaction
from keyring_admin.gateway_key import EncryptionSubkey, add_encryption_subkey, destroy_secret, encryption_subkeys
from keyring_admin.key_log.log import record
from keyring_admin.officers import list_officers
from mailroom.notice_requests import NoticeRequest, request_notice


@dataclass(frozen=True, slots=True)
class RotationPlan:
    """What is due. destroy: subkeys past their overlap whose secret is still there."""

    make: bool
    destroy: tuple[EncryptionSubkey, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing is due."""
        return not self.make and not self.destroy


def plan_rotation(subkeys: Sequence[EncryptionSubkey], now: datetime, *, at_once: bool = False) -> RotationPlan:
    """Pure. at_once: make the next subkey although the newest is not a month old."""
    usable = [subkey for subkey in subkeys if subkey.secret and now < subkey.expires_at]
    due = not usable or max(usable, key=lambda each: each.created_at).due_at() <= now
    ended = tuple(subkey for subkey in subkeys if subkey.secret and subkey.expires_at <= now)
    return RotationPlan(make=due or at_once, destroy=ended)


def carry_out(settings: Settings, engine: Engine, plan: RotationPlan, now: datetime, actor: Actor = GATEWAY) -> None:
    """Do what is planned: GnuPG first, then directory and key log. Done again after a crash, it does no harm.

    Raises GatewayKeyError, SQLAlchemyError.
    """
    home, fingerprint = settings.gnupg_home, settings.gateway.fingerprint
    if plan.make:
        before = {subkey.fingerprint for subkey in encryption_subkeys(home, fingerprint)}
        add_encryption_subkey(home, fingerprint)
        made = [one.fingerprint for one in encryption_subkeys(home, fingerprint) if one.fingerprint not in before]
        admit_gateway(settings)
        _record(engine, "gateway-key-made", fingerprint, made, now=now, actor=actor)
        tell_officers(settings, engine, now)
    for subkey in plan.destroy:
        destroy_secret(home, subkey)
    if plan.destroy:
        gone = [subkey.fingerprint for subkey in plan.destroy]
        _record(engine, "gateway-key-destroyed", fingerprint, gone, now=now, actor=actor)


def tell_officers(settings: Settings, engine: Engine, now: datetime) -> None:
    """One notice to every officer, with the gateway's certificate as it is now. The old subkey ends first."""
    usable = [one for one in encryption_subkeys(settings.gnupg_home, settings.gateway.fingerprint) if one.secret]
    ends_at = min((one.expires_at for one in usable if now < one.expires_at), default=now)
    attachment = settings.path(GATEWAY_CERTIFICATE).read_bytes()
    with write_transaction(engine) as connection:
        for officer in list_officers(connection):
            if officer.active and officer.certificate is not None:
                request_notice(
                    connection,
                    NoticeRequest(
                        id=0,
                        requested_at=now,
                        officer=officer.id,
                        kind=NoticeKind.GATEWAY_CERTIFICATE.value,
                        queue_id=secrets.token_hex(8).upper(),
                        details={"fingerprint": settings.gateway.fingerprint, "date": f"{ends_at:%Y-%m-%d}"},
                        attachment=attachment,
                        attachment_name=GATEWAY_CERTIFICATE,
                    ),
                )


def _record(engine: Engine, act: str, subject: str, subkeys: list[str], *, now: datetime, actor: Actor) -> None:
    with write_transaction(engine) as connection:
        record(connection, act, actor, now=now, subject=subject, details={"subkeys": subkeys})
