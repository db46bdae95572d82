"""What a running gateway leaves on disk: only files it is known to write, only lines it is known to say."""

import json
import re
from contextlib import suppress
from pathlib import Path

from gateway.demo.leftovers import find_leftovers
from gateway.journal import Event

from .conftest import leftovers
from .running_world import System

_INDEX = r"(dovecot|delivery)\.(list\.|map\.)?index(\.log(\.2)?|\.cache|\.tmp|\.backup)?(\.lock)?"
_MDBOX = rf"mdbox(/({_INDEX}|(dovecot-uidvalidity(\.[0-9a-f]{{8}})?|dovecot\.mailbox\.log|subscriptions)(\.lock)?))?"
_STORAGE = rf"mdbox/storage(/({_INDEX}|m\.[0-9]+))?"
_DOVECOT = (
    r"anvil|auth-(client|login|master|userdb|worker)|config|imap-master|lmtp|log-errors|master(\.pid)?"
    r"|old-stats(-mail|-user)?|stats-(reader|writer)|dovecot\.conf|auth-token-secret\.dat(\.tmp)?|empty|temporary"
)
_PARTY = r"(ke|eu|pk)"
# Every file, folder, socket and pipe, by its whole name: what has another name would be noticed (PRIV-15).
WRITTEN = [
    r"gsp\.toml",
    r"library\.toml",
    r"gateway-certificate\.asc",
    r"gateway\.db(-wal|-shm)?",
    r"tls(/(authority|certificate|key)\.pem)?",
    r"gnupg(/(pubring\.kbx~?|trustdb\.gpg|random_seed|tofu\.db|\.gpg-v21-migrated|\.#lk.*|S\.gpg-agent.*|gsp\.lock))?",
    r"gnupg/openpgp-revocs\.d(/[0-9A-F]{40}\.rev)?",
    r"gnupg/private-keys-v1\.d(/[0-9A-F]{40}\.key)?",
    r"run(/(process|deliver)\.bell)?",
    rf"run/dovecot(/({_DOVECOT}))?",
    r"run/dovecot/configuration(/(dovecot\.conf|machines\.sql|officers\.sql|parties\.sql|rights))?",
    r"run/dovecot/state(/instances(\.lock)?)?",
    r"run/dovecot/(login(/(imap|login|stats-writer))?|token-login(/tokenlogin)?)",
    r"mail",
    # An officer's folder is named by a hash of the address, a Party's mailbox by its code: nothing else is in a name.
    rf"mail/officers(/{_PARTY}(/[0-9a-f]{{64}}(/({_MDBOX}|{_STORAGE}))?)?)?",
    rf"mail/officers/{_PARTY}/[0-9a-f]{{64}}/mdbox/mailboxes(/(INBOX|Sent)(/dbox-Mails(/{_INDEX})?)?)?",
    rf"mail/parties(/{_PARTY}(/({_MDBOX}|{_STORAGE}))?)?",
    rf"mail/parties/{_PARTY}/mdbox/mailboxes(/(KE|EU|PK)(/dbox-Mails(/{_INDEX})?)?)?",
]
JOURNAL_FIELDS = {"time", "program", "event", "queue_id", "rule", "code", "count", "error"}


def names_below(folder: Path) -> list[str]:
    return [str(entry.relative_to(folder)) for entry in folder.rglob("*")]


def unexpected(system: System) -> list[str]:
    """What the deployment holds beside the list, and everything in its folder of temporary files."""
    allowed = re.compile("|".join(f"(?:{pattern})" for pattern in WRITTEN))
    names = names_below(system.world.folder / "gw")
    return [name for name in names if not allowed.fullmatch(name)] + names_below(system.temporary)


def test_every_file_of_the_deployment_is_on_the_list(system: System) -> None:
    system.send_query("KE", "EU")
    system.settle()
    assert unexpected(system) == []


def test_a_file_that_is_not_on_the_list_would_be_noticed_wherever_it_lies(system: System) -> None:
    sealed, _ = system.send_query("KE", "EU")
    system.settle()
    system.copies("KE", sealed.body_sha256, "Sent")
    gateway = system.world.folder / "gw"
    folders = [gateway, *(entry for entry in gateway.rglob("*") if entry.is_dir()), system.temporary]
    assert len([folder for folder in folders if "mail" in folder.parts]) > 10
    for folder in folders:
        planted = folder / "leaked"
        planted.touch()
        try:
            found = unexpected(system)
        finally:
            planted.unlink()
        assert [name.rpartition("/")[2] for name in found] == ["leaked"], folder
    assert unexpected(system) == []


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
    programs = system.programs()
    assert set(programs) >= {"edge", "process", "deliver", "dovecot"}
    for pid in programs.values():
        texts = [Path(f"/proc/{pid}/cmdline").read_bytes()]
        with suppress(PermissionError):  # not readable by anybody but root: better still
            texts.append(Path(f"/proc/{pid}/environ").read_bytes())
        for text in texts:
            assert text
            assert b"passphrase" not in text.lower()
            assert system.party("KE").password.encode() not in text
