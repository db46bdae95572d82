"""What a running gateway leaves on disk: only files it is known to write, only lines it is known to say."""

import json
import re
from pathlib import Path

from gateway.demo.leftovers import find_leftovers
from gateway.journal import Event

from .conftest import leftovers
from .running_world import System

WRITTEN = [
    r"gsp\.toml",
    r"library\.toml",
    r"gateway-certificate\.asc",
    r"gateway\.db(-wal|-shm)?",
    r"tls/(authority|certificate|key)\.pem",
    r"gnupg/(pubring\.kbx~?|trustdb\.gpg|random_seed|tofu\.db|\.gpg-v21-migrated|\.#lk.*|S\.gpg-agent.*)",
    r"gnupg/openpgp-revocs\.d/[0-9A-F]{40}\.rev",
    r"gnupg/private-keys-v1\.d/[0-9A-F]{40}\.key",
    r"run/(process|deliver)\.bell",
    r"run/dovecot/.*",
    r"mail/.*",
]
MAIL_FILES = (
    r"(dovecot|mailboxes|storage|dbox-Mails|maildir|subscriptions|control|index|users?|party|parties|officers?|home)"
)
JOURNAL_FIELDS = {"time", "program", "event", "queue_id", "rule", "code", "count", "error"}


def files_below(folder: Path) -> list[str]:
    return [str(file.relative_to(folder)) for file in folder.rglob("*") if not file.is_dir()]


def test_every_file_of_the_deployment_is_on_the_list(system: System) -> None:
    system.send_query("KE", "EU")
    system.settle()
    allowed = re.compile("|".join(f"(?:{pattern})" for pattern in WRITTEN))
    assert [name for name in files_below(system.world.folder / "gw") if not allowed.fullmatch(name)] == []
    assert files_below(system.temporary) == []


def test_secrets_are_readable_by_the_account_only(system: System) -> None:
    folder = system.world.folder / "gw"
    assert folder.stat().st_mode & 0o077 == 0
    for secret in (folder / "gnupg", folder / "tls" / "key.pem", *(folder / "gnupg" / "private-keys-v1.d").iterdir()):
        assert secret.stat().st_mode & 0o077 == 0, secret


def test_the_journal_says_only_what_its_schema_allows(system: System) -> None:
    system.send_query("KE", "EU")
    system.settle()
    lines = [json.loads(line) for line in system.journal.splitlines() if line.startswith(b"{")]
    assert {event["event"] for event in lines} >= {"accepted", "processed", "delivered"}
    for line in lines:
        assert set(line) <= JOURNAL_FIELDS
        assert line["event"] in set(Event)
        assert not re.search(r"@|127\.0\.0\.1|<", json.dumps(line))


def test_no_address_and_no_client_stands_in_any_log(system: System) -> None:
    system.send_query("KE", "EU")
    system.settle()
    assert system.party("KE").officer.encode() not in system.journal
    assert b"GSP-" not in system.journal
    assert system.canaries["ehlo"].lower().encode() not in system.journal.lower()


def test_no_content_is_left_and_the_search_would_find_it(system: System) -> None:
    sealed, _ = system.send_query("KE", "EU")
    system.settle()
    assert sealed.body_sha256
    assert leftovers(system) == []
    planted = system.temporary / "planted"
    try:
        for word in system.canaries.secrets[:3]:
            planted.write_bytes(b"x" + word.hex().encode())
            assert [each.disguise for each in find_leftovers(system.temporary, [word])] == ["hexadecimal"]
            assert leftovers(system) != []
    finally:
        planted.unlink()


def test_no_secret_stands_in_arguments_or_environment(system: System) -> None:
    for pid in system.programs().values():
        for name in ("cmdline", "environ"):
            try:
                text = Path(f"/proc/{pid}/{name}").read_bytes().lower()
            except PermissionError:
                continue  # not readable by anybody but root: better still
            assert b"passphrase" not in text
            assert system.party("KE").password.encode() not in text


def test_delivered_ciphertext_is_gone_from_the_database(system: System) -> None:
    octets = system.encrypt_body("KE", "EU")
    assert system.send("KE", "eu", system.direct_mail("KE", "EU", octets)).startswith("250")
    system.settle()
    from mailroom.schema import bodies  # noqa: PLC0415 - read beside the program

    rows = system.read(lambda connection: connection.execute(bodies.select()).all())
    assert rows == []
    database = (system.world.folder / "gw" / "gateway.db").read_bytes()
    assert octets[200:260] not in database
