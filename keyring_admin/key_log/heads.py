"""Heads of the key log, countersigned by Parties: after that, nobody can show that Party, or others, another past."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from keyring_admin.acts.rights import Kind, standing
from keyring_admin.acts.signers import open_signed, this_gateway
from keyring_admin.acts.statements import Head, read_head
from keyring_admin.administration_schema import key_log, key_log_heads
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.log import last_entry


def head_to_sign(connection: Connection) -> Head:
    """The newest head. Raises DirectoryError while the log is empty."""
    last = last_entry(connection)
    if last is None:
        raise DirectoryError("the key log is empty: there is nothing to sign yet")
    return Head(this_gateway(connection), last.sequence, last.hash)


def countersign(connection: Connection, statement: bytes, *, now: datetime) -> tuple[str, Head]:
    """Keep a head that an administrator of a Party has signed; return the Party's code and the head.

    Raises DirectoryError: above all if the head is not one of this log. Then somebody has shown the Party another one.
    """
    signed = open_signed(connection, statement, now=now)
    head = read_head(signed.document)
    if head.gateway != this_gateway(connection):
        raise DirectoryError("this statement is for another gateway")
    own = standing(connection, signed.actor(), now)
    if own.party is None or own.kind not in {Kind.NATIONAL, Kind.REGIONAL}:
        raise DirectoryError("a head is countersigned by an administrator in office of a Party")
    known = connection.scalar(select(key_log.c.hash).where(key_log.c.sequence == head.sequence))
    if known != head.hash:
        raise DirectoryError(
            f"entry {head.sequence} of this log is another one than the Party has seen: ask the Party for its copy"
        )
    place = (key_log_heads.c.sequence == head.sequence, key_log_heads.c.party == own.party)
    connection.execute(delete(key_log_heads).where(*place))
    connection.execute(
        insert(key_log_heads).values(
            sequence=head.sequence,
            party=own.party,
            hash=head.hash,
            certificate=signed.certificate.fingerprint,
            at=now,
            statement=statement,
        )
    )
    return own.party, head
