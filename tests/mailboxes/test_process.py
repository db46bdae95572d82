"""Dovecot's life as a child: unprivileged, ended with its parent, its own words in the error."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mailroom.mailboxes.configuration import account_for
from mailroom.mailboxes.dovecot import Dovecot
from mailroom.mailboxes.installation import find_installation
from mailroom.mailboxes.mailbox_error import MailboxFault, MailboxServerError
from mailroom.mailboxes.probes import alive_in_group, imap_greets, lmtp_greets
from mailroom.mailboxes.settings import MailboxSettings

from .mailbox_world import MailboxWorld


def processes_of_group(group: int) -> list[Path]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(folder)
    return found


def test_it_starts_answers_stops_and_starts_again(fresh_settings: MailboxSettings) -> None:
    dovecot = Dovecot(fresh_settings)
    for _ in range(2):
        started = time.monotonic()
        dovecot.start()
        assert time.monotonic() - started < 4  # a left-over penalty socket would cost five seconds
        assert lmtp_greets(fresh_settings.lmtp_socket)
        assert imap_greets(fresh_settings.imap_host, fresh_settings.imap_port)
        group = dovecot.pid
        assert group is not None
        dovecot.stop()
        assert dovecot.pid is None
        assert not alive_in_group(group)
        assert not imap_greets(fresh_settings.imap_host, fresh_settings.imap_port)


def test_every_process_runs_without_privileges_and_leaves_no_core_dump(world: MailboxWorld) -> None:
    account = account_for(world.settings)
    assert world.dovecot.pid is not None
    processes = processes_of_group(world.dovecot.pid)
    assert len(processes) >= 4
    for process in processes:
        status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
        assert set(status["Uid"].split()) == {str(account.uid)}
        assert set(status["Gid"].split()) == {str(account.gid)}
        assert int(status["CapEff"], 16) == 0
        assert status["NoNewPrivs"].strip() == "1"
        limits = (process / "limits").read_text().splitlines()
        assert [line.split()[4:6] for line in limits if line.startswith("Max core")] == [["0", "0"]]


def test_only_the_account_can_read_configuration_and_mail(world: MailboxWorld) -> None:
    settings = world.settings
    for path in (settings.data_folder, settings.run_folder / "configuration", settings.lmtp_socket):
        assert path.stat().st_mode & 0o077 == 0, path
    for file in (settings.run_folder / "configuration").iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, file


def test_nothing_listens_but_imap(world: MailboxWorld) -> None:
    assert world.dovecot.pid is not None
    inodes = {
        str(descriptor.readlink()).removeprefix("socket:[").rstrip("]")
        for process in processes_of_group(world.dovecot.pid)
        for descriptor in (process / "fd").iterdir()
        if str(descriptor.readlink()).startswith("socket:")
    }
    listening = {
        int(fields[1].rpartition(":")[2], 16)
        for table in ("tcp", "tcp6")
        for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if fields[3] == "0A" and fields[9] in inodes
    }
    assert listening == {world.settings.imap_port}


def test_it_ends_when_its_parent_is_killed(fresh_settings: MailboxSettings) -> None:
    script = (
        "import sys, time; from pathlib import Path; from mailroom.mailboxes.dovecot import Dovecot\n"
        "from mailroom.mailboxes.settings import MailboxSettings\n"
        "data, run, url, domain, certificate, key, lmtp, port, account = sys.argv[1:]\n"
        "dovecot = Dovecot(MailboxSettings(Path(data), Path(run), url, domain, Path(certificate), Path(key),"
        " Path(lmtp), imap_port=int(port), account=account))\n"
        "dovecot.start(); print(dovecot.pid, flush=True); time.sleep(60)\n"
    )
    s = fresh_settings
    values = (s.data_folder, s.run_folder, s.database_url, s.gateway_domain, s.certificate, s.key, s.lmtp_socket)
    with subprocess.Popen(
        [sys.executable, "-c", script, *map(str, values), str(s.imap_port), s.account],
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        group = int(parent.stdout.readline())
        assert alive_in_group(group)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 10
    while alive_in_group(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive_in_group(group)


def test_an_early_end_is_reported_with_dovecots_own_lines(fresh_settings: MailboxSettings, scratch: Path) -> None:
    broken = scratch / "broken.pem"
    broken.write_text("not a certificate\n")
    dovecot = Dovecot(dataclasses.replace(fresh_settings, certificate=broken))
    with pytest.raises(MailboxServerError) as error:
        dovecot.start(timeout=1.5)
    assert error.value.fault in {MailboxFault.EXITED_EARLY, MailboxFault.NOT_ANSWERING}
    assert any("ssl_cert" in line for line in error.value.log_lines)
    assert dovecot.pid is None


def test_a_taken_port_is_reported(world: MailboxWorld, fresh_settings: MailboxSettings) -> None:
    dovecot = Dovecot(dataclasses.replace(fresh_settings, imap_port=world.settings.imap_port))
    with pytest.raises(MailboxServerError) as error:
        dovecot.start(timeout=5)
    assert any("Address already in use" in line for line in error.value.log_lines)


def test_the_end_of_dovecot_is_noticed(fresh_settings: MailboxSettings) -> None:
    dovecot = Dovecot(fresh_settings)
    dovecot.start()
    try:
        assert dovecot.wait(0.05) is None
        assert dovecot.pid is not None
        os.kill(dovecot.pid, signal.SIGTERM)
        assert dovecot.wait(10) == 0
        assert dovecot.pid is None
    finally:
        dovecot.stop()


def test_a_second_start_is_refused(world: MailboxWorld) -> None:
    with pytest.raises(MailboxServerError) as error:
        world.dovecot.start()
    assert error.value.fault is MailboxFault.ALREADY_STARTED


def test_a_missing_database_is_refused_and_not_made(fresh_settings: MailboxSettings, scratch: Path) -> None:
    missing = scratch / "missing.db"
    with pytest.raises(MailboxServerError) as error:
        Dovecot(dataclasses.replace(fresh_settings, database_url=f"sqlite:///{missing}")).start()
    assert error.value.fault is MailboxFault.DATABASE_MISSING
    assert not missing.exists()


def test_root_is_refused(fresh_settings: MailboxSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for account in ("", "root"):
        with pytest.raises(MailboxServerError) as error:
            Dovecot(dataclasses.replace(fresh_settings, account=account)).start()
        assert error.value.fault is MailboxFault.RUNS_AS_ROOT


def test_an_account_that_does_not_exist_is_refused(fresh_settings: MailboxSettings) -> None:
    with pytest.raises(MailboxServerError) as error:
        account_for(dataclasses.replace(fresh_settings, account="no-such-account"))
    assert error.value.fault is MailboxFault.NO_SUCH_ACCOUNT


def test_the_delivery_socket_may_lie_outside_the_run_folder(fresh_settings: MailboxSettings) -> None:
    socket_path = fresh_settings.run_folder.parent / "delivery.socket"
    dovecot = Dovecot(dataclasses.replace(fresh_settings, lmtp_socket=socket_path))
    dovecot.start()
    try:
        assert lmtp_greets(socket_path)
        assert not (fresh_settings.run_folder / "lmtp").exists()
    finally:
        dovecot.stop()


def test_another_account_needs_root(fresh_settings: MailboxSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(MailboxServerError) as error:
        account_for(dataclasses.replace(fresh_settings, account="nobody"))
    assert error.value.fault is MailboxFault.OTHER_ACCOUNT


@pytest.mark.parametrize("version", ["2.4.1 (abc)", "2.2.36", "nonsense", ""])
def test_other_versions_of_dovecot_are_refused(scratch: Path, version: str) -> None:
    program = scratch / f"dovecot-{threading.get_ident()}-{len(version)}"
    program.write_text(f"#!/bin/sh\necho '{version}'\n")
    program.chmod(0o755)
    with pytest.raises(MailboxServerError) as error:
        find_installation(str(program))
    assert error.value.fault is MailboxFault.WRONG_VERSION


def test_a_machine_without_dovecot_is_told_what_to_install() -> None:
    with pytest.raises(MailboxServerError, match="apt-get install dovecot-imapd"):
        find_installation("dovecot-that-is-not-there")


def test_the_installed_dovecot_has_its_sqlite_driver() -> None:
    installation = find_installation()
    assert installation.has_driver("sqlite")
    assert not installation.has_driver("no-such-database")
