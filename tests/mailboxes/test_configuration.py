"""Settings that would change the meaning of Dovecot's configuration are refused; what is written is valid."""

import dataclasses
import subprocess
from pathlib import Path

import pytest

from mailroom.mailboxes.accounts import account_queries
from mailroom.mailboxes.installation import find_installation
from mailroom.mailboxes.mailbox_error import MailboxFault, MailboxServerError
from mailroom.mailboxes.recipients import party_recipient, sent_recipient
from mailroom.mailboxes.rights import RIGHTS
from mailroom.mailboxes.settings import MailboxLimits, MailboxSettings

from .mailbox_world import MailboxWorld

SETTINGS = MailboxSettings(
    data_folder=Path("/srv/gsp/data"),
    run_folder=Path("/srv/gsp/run/dovecot"),
    database_url="sqlite:////srv/gsp/gateway.db",
    gateway_domain="gsp.example",
    certificate=Path("/srv/gsp/tls/certificate.pem"),
    key=Path("/srv/gsp/tls/key.pem"),
    lmtp_socket=Path("/srv/gsp/run/dovecot/lmtp"),
)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"data_folder": Path("/srv/a b")}, MailboxFault.BAD_PATH),
        ({"data_folder": Path("/srv/%u")}, MailboxFault.BAD_PATH),
        ({"data_folder": Path("/srv/a:INDEX=/tmp")}, MailboxFault.BAD_PATH),
        ({"data_folder": Path("relative")}, MailboxFault.BAD_PATH),
        ({"run_folder": Path("/srv/../etc")}, MailboxFault.BAD_PATH),
        ({"certificate": Path("/srv/c.pem\nauth_debug=yes")}, MailboxFault.BAD_PATH),
        ({"key": Path("/srv/k.pem # ")}, MailboxFault.BAD_PATH),
        ({"lmtp_socket": Path("/srv/lmtp {")}, MailboxFault.BAD_PATH),
        ({"run_folder": Path("/" + "r" * 80)}, MailboxFault.PATH_TOO_LONG),
        ({"lmtp_socket": Path("/" + "l" * 107)}, MailboxFault.PATH_TOO_LONG),
        ({"gateway_domain": "gsp.example' OR '1'='1"}, MailboxFault.BAD_NAME),
        ({"gateway_domain": "localhost"}, MailboxFault.BAD_NAME),
        ({"imap_host": "*\nssl=no"}, MailboxFault.BAD_NAME),
        ({"account": "gsp\n"}, MailboxFault.BAD_NAME),
        ({"imap_port": 0}, MailboxFault.BAD_NUMBER),
        ({"imap_port": 65536}, MailboxFault.BAD_NUMBER),
        ({"starttls_port": 10993}, MailboxFault.BAD_NUMBER),
        ({"limits": MailboxLimits(password_checks=0)}, MailboxFault.BAD_NUMBER),
        ({"limits": MailboxLimits(failure_delay=61)}, MailboxFault.BAD_NUMBER),
    ],
)
def test_settings_that_would_change_the_configurations_meaning_are_refused(
    changed: dict[str, object], fault: MailboxFault
) -> None:
    with pytest.raises(MailboxServerError) as error:
        dataclasses.replace(SETTINGS, **changed)  # type: ignore[arg-type]
    assert error.value.fault is fault


def test_the_longest_allowed_paths_are_accepted() -> None:
    dataclasses.replace(SETTINGS, run_folder=Path("/" + "r" * 74), lmtp_socket=Path("/" + "l" * 106))


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u@h/d",
        "sqlite://",
        "sqlite:///relative.db",
        "sqlite:////srv/a b.db",
        "postgresql://u:hunter%202@h/d",
        "postgresql://u:hunter%27@h/d",
        "postgresql://u@h",
        "nonsense",
    ],
)
def test_databases_dovecot_cannot_use_are_refused(url: str) -> None:
    with pytest.raises(MailboxServerError) as error:
        account_queries(dataclasses.replace(SETTINGS, database_url=url))
    assert error.value.fault is MailboxFault.BAD_DATABASE_URL
    assert "hunter" not in str(error.value)


def test_a_database_password_is_in_no_representation() -> None:
    queries = account_queries(
        dataclasses.replace(SETTINGS, database_url="postgresql+psycopg://gsp:hunter2-pw@db:5432/gsp?sslmode=require")
    )
    assert queries.connect == "host=db port=5432 dbname=gsp user=gsp password=hunter2-pw sslmode=require"
    assert "hunter2-pw" not in repr(queries)


def test_no_right_lets_an_officer_store_anything() -> None:
    granted = set("".join(right.rights for right in RIGHTS))
    assert granted <= set("lrste")
    assert not granted & set("ipkxa")  # RFC 4314 §2.1: insert, post, create, delete-mailbox, administer


def test_recipients_name_the_folders() -> None:
    assert party_recipient("KE", "gsp.example") == "ke@gsp.example"
    assert sent_recipient("anna@ke.example") == "anna+Sent@ke.example"


def test_dovecot_accepts_every_line_and_uses_our_values(world: MailboxWorld) -> None:
    file = world.settings.run_folder / "configuration" / "dovecot.conf"
    program = find_installation().dovecot.with_name("doveconf")
    done = subprocess.run(
        [str(program if program.exists() else "doveconf"), "-c", str(file), "-a"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    for line in (
        "ssl = required",
        "ssl_min_protocol = TLSv1.2",
        "disable_plaintext_auth = yes",
        "auth_verbose = no",
        "auth_debug = no",
        "mail_debug = no",
        "mail_fsync = optimized",
        "mail_max_userip_connections = 50",
        "deliver_log_format = %$",
        "imap_metadata = no",
        "imap_urlauth_host =",
        "mail_plugins =",
        "protocols = imap lmtp",
    ):
        assert any(found.strip() == line for found in done.stdout.splitlines()), line
