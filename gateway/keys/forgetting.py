"""What is past its time at `keys@`: requests that can no longer be fresh, and enrolments that were not ended."""

from datetime import datetime

from sqlalchemy import Connection, delete

from keyring_admin.administration_schema import key_requests
from keyring_admin.enrolments import expire_enrolments


def forget_requests(connection: Connection, now: datetime) -> None:
    """Remove and close them. The caller owns the transaction."""
    connection.execute(delete(key_requests).where(key_requests.c.expires_at <= now))
    expire_enrolments(connection, now)
