"""What was deleted does not stay readable in SQLite's write-ahead log (security case PRIV-07)."""

from pathlib import Path

from sqlalchemy import text

from keyring_admin.database import empty_write_ahead_log, open_database, write_transaction

SECRET = b"delivered ciphertext 7f3k9q2m"


def test_a_deleted_row_is_gone_from_database_and_log(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    with write_transaction(engine) as connection:
        connection.execute(text("CREATE TABLE bodies (octets BLOB)"))
        connection.execute(text("INSERT INTO bodies VALUES (:octets)"), {"octets": SECRET})
    with write_transaction(engine) as connection:
        connection.execute(text("DELETE FROM bodies"))
    assert any(SECRET in file.read_bytes() for file in tmp_path.iterdir())  # the control: it is in the log
    empty_write_ahead_log(engine)
    assert not any(SECRET in file.read_bytes() for file in tmp_path.iterdir())
