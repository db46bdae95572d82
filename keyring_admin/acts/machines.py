"""Acts on the TLS client certificate of a machine officer: pinned, taken away. Both raise DirectoryError."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from keyring_admin.acts.actor import Actor
from keyring_admin.acts.officers import require_officer
from keyring_admin.acts.rights import Act, require_right
from keyring_admin.addresses import domain_of
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.log import record
from keyring_admin.officers import Officer, OfficerKind
from keyring_admin.schema import officers


def pin_machine(connection: Connection, actor: Actor, address: str, pin: str | None, *, now: datetime) -> Officer:
    """Let a machine log in with the key of this pin instead of a password, or with none. An earlier one ends at once.

    pin: SHA-256 of its public key, upper-case hexadecimal. The caller ends open sessions.
    """
    officer = require_officer(connection, address)
    if officer.kind is not OfficerKind.MACHINE:
        raise DirectoryError("only machines log in by certificate: admit or invite the officer with --machine")
    domain = domain_of(officer.address)
    require_right(connection, actor, Act.PASSWORD_ISSUED, now=now, party=officer.party, domain=domain)
    taken = select(officers.c.id).where(officers.c.tls_certificate == pin, officers.c.id != officer.id)
    if pin is not None and connection.scalar(taken) is not None:
        raise DirectoryError("another officer logs in with this key: make a new one")
    connection.execute(update(officers).where(officers.c.id == officer.id).values(tls_certificate=pin))
    record(
        connection,
        "machine-certificate-pinned" if pin is not None else "machine-certificate-revoked",
        actor,
        now=now,
        party=officer.party,
        subject=pin or officer.tls_certificate,
        details={"officer": officer.id},
    )
    return officer
