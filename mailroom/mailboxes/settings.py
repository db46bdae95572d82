"""What the mailbox server needs to know, checked before a line of configuration is written."""

import re
from dataclasses import dataclass
from pathlib import Path

from mailroom.mailboxes.mailbox_error import MailboxFault, MailboxServerError

# unix(7): sun_path is 108 octets with the closing NUL.
LONGEST_SOCKET_PATH = 107
# The longest name Dovecot 2.3 appends to its base_dir ("login/", "token-login/imap-urlauth" and the like), rounded up.
LONGEST_SOCKET_NAME = 32

# Neither white space, quotes nor # $ % { } ~ , : all have a meaning in Dovecot's configuration, SQL or mail locations.
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._@+=/-]*")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_HOST = re.compile(r"[A-Za-z0-9.:-]+")
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class MailboxLimits:
    """Bounds on Dovecot's processes.

    imap_sessions: IMAP sessions at the same time, each two processes. sessions_per_officer: sessions of one account
    from one IP address (a Party's office may share both). deliveries: LMTP sessions at the same time.
    password_checks: argon2id verifications at the same time (19 MiB each). failure_delay: seconds before a refused
    login is answered, the same for a wrong password and an unknown officer.
    """

    imap_sessions: int = 400
    sessions_per_officer: int = 50
    deliveries: int = 32
    password_checks: int = 4
    failure_delay: int = 2


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Where the mailbox server keeps its mail, finds its accounts and listens.

    data_folder: mail, kept. run_folder: sockets and generated configuration; may be emptied while nothing runs.
    database_url: SQLAlchemy URL of the directory. gateway_domain: the Parties' mailboxes are `<party>@` this domain.
    certificate, key: PEM files for TLS. imap_port: implicit TLS (RFC 8314 §3.2). starttls_port: off by default.
    lmtp_socket: path of the UNIX socket for deliveries. account: the unprivileged account Dovecot runs as when
    the caller is root; empty: the caller's own.
    machine_authority: authority of TLS client certificates, PEM; None for none.
    Raises MailboxServerError when a value can't be used.
    """

    data_folder: Path
    run_folder: Path
    database_url: str
    gateway_domain: str
    certificate: Path
    key: Path
    lmtp_socket: Path
    imap_host: str = "127.0.0.1"
    imap_port: int = 10993
    starttls_port: int | None = None
    account: str = ""
    machine_authority: Path | None = None
    limits: MailboxLimits = MailboxLimits()

    def __post_init__(self) -> None:
        """Refuse what would change the meaning of the configuration."""
        paths = [self.data_folder, self.run_folder, self.certificate, self.key, self.lmtp_socket]
        paths += [self.machine_authority] if self.machine_authority is not None else []
        for path in paths:
            if not _PLAIN_PATH.fullmatch(str(path)) or ".." in path.parts:
                raise MailboxServerError(MailboxFault.BAD_PATH)
        if len(str(self.run_folder)) + LONGEST_SOCKET_NAME > LONGEST_SOCKET_PATH:
            raise MailboxServerError(MailboxFault.PATH_TOO_LONG)
        if len(str(self.lmtp_socket)) > LONGEST_SOCKET_PATH:
            raise MailboxServerError(MailboxFault.PATH_TOO_LONG)
        if not _DOMAIN.fullmatch(self.gateway_domain) or not _HOST.fullmatch(self.imap_host):
            raise MailboxServerError(MailboxFault.BAD_NAME)
        if self.account and not _ACCOUNT.fullmatch(self.account):
            raise MailboxServerError(MailboxFault.BAD_NAME)
        ports = (self.imap_port,) if self.starttls_port is None else (self.imap_port, self.starttls_port)
        if not all(1 <= port <= 65535 for port in ports) or len(set(ports)) != len(ports):
            raise MailboxServerError(MailboxFault.BAD_NUMBER)
        limits = self.limits
        counts = (limits.imap_sessions, limits.sessions_per_officer, limits.deliveries, limits.password_checks)
        if min(counts) < 1 or not 0 <= limits.failure_delay <= 60:
            raise MailboxServerError(MailboxFault.BAD_NUMBER)
