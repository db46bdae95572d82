"""Postfix to compare with: its real queue, delivering by LMTP into the same mailboxes of the same Dovecot.

Its master process starts as root, as Postfix demands; its other processes run as the given account, so that they may
write to Dovecot's socket. Otherwise Debian's defaults: queue files are synced before
`250`, mails are logged.
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.demo.world import DOMAIN

_START_SECONDS = 20
_STOP_SECONDS = 30

_MAIN = """\
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/spool
data_directory = {folder}/data
mail_owner = {account}
maillog_file = {folder}/data/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = bench.test
mydestination =
local_recipient_maps =
alias_maps =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = {domain}
virtual_mailbox_maps =
message_size_limit = 31457280
virtual_transport = lmtp:unix:{lmtp}
"""

# master(5), as Debian ships it, without chroot and without the services that this has no use for.
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class PostfixError(RuntimeError):
    """Postfix did not start."""


def postfix_missing(*, root: bool) -> str:
    """Why Postfix cannot be measured here, or nothing."""
    if not root:
        return "skipped: needs root (Postfix's master process starts as root)"
    if shutil.which("postfix", path="/usr/sbin:/sbin") is None:
        return "skipped: Postfix is not installed (apt-get install postfix)"
    return ""


@contextmanager
def running_postfix(folder: Path, *, account: str, lmtp: Path) -> Iterator[tuple[int, int]]:
    """A Postfix of its own below `folder`, stopped in the end; gives its port on loopback and its process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    for name in ("etc", "spool", "data"):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o755)
    shutil.chown(folder / "data", account)
    main = _MAIN.format(folder=folder, account=account, domain=DOMAIN, lmtp=lmtp)
    (folder / "etc" / "main.cf").write_text(main, encoding="ascii")
    (folder / "etc" / "master.cf").write_text(_MASTER.format(port=port), encoding="ascii")
    command = ["/usr/sbin/postfix", "-c", str(folder / "etc")]
    with (folder / "said").open("wb") as said:
        master = subprocess.Popen([*command, "start-fg"], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        _wait_until_open(port, master)
        yield port, master.pid
    finally:
        subprocess.run([*command, "stop"], check=False, capture_output=True, timeout=_STOP_SECONDS)
        try:
            master.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            sys.stderr.write(f"Postfix does not stop: process {master.pid}\n")
            master.kill()


def _wait_until_open(port: int, master: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and master.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise PostfixError("Postfix did not start; see the file `said` in its folder")


class SmtpSourceError(RuntimeError):
    """smtp-source ended with an error."""


def submit_by_smtp_source(port: int, *, sessions: int, mails: int, octets: int, recipients: list[str]) -> float:
    """Send with Postfix's own generator over kept connections; monotonic time when the last mail was accepted.

    One process for each recipient, as far as there are sessions; without TLS and AUTH, which it does not know.
    octets: of the message after its header.
    """
    share = min(len(recipients), sessions)
    generators = [
        subprocess.Popen(
            [
                *("/usr/sbin/smtp-source", "-d", "-s", str(len(range(number, sessions, share)))),
                *("-m", str(len(range(number, mails, share))), "-l", str(octets)),
                *("-f", "bench@customs.ke.test", "-t", recipient, f"127.0.0.1:{port}"),
            ]
        )
        for number, recipient in enumerate(recipients[:share])
    ]
    results = [generator.wait() for generator in generators]  # every one of them, before anything is said
    if any(results):
        raise SmtpSourceError("smtp-source failed")
    return time.monotonic()
