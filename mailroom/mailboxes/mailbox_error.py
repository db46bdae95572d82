"""The one error of the mailbox server."""

from enum import StrEnum


class MailboxFault(StrEnum):
    """What is wrong with the mailbox server; the value is the text an operator reads."""

    BAD_PATH = "a path holds characters Dovecot's configuration gives a meaning to; use letters, digits and ._@+=/-"
    BAD_NAME = "expected a mail domain, host or account name in lower-case ASCII"
    BAD_NUMBER = "a port or limit is out of range"
    BAD_DATABASE_URL = "expected sqlite:////path or postgresql://user:password@host/name without spaces or quotes"
    PATH_TOO_LONG = "the run folder or LMTP path is too long for UNIX sockets (107 octets); choose a shorter one"
    NOT_INSTALLED = "Dovecot is not installed; Debian: apt-get install dovecot-imapd dovecot-lmtpd dovecot-sqlite"
    DRIVER_MISSING = "Dovecot's SQL driver is not installed; Debian: apt-get install dovecot-sqlite or dovecot-pgsql"
    WRONG_VERSION = "this configuration is for Dovecot 2.3; another version is installed"
    RUNS_AS_ROOT = "Dovecot is not run as root; start as an unprivileged account or name one in the settings"
    NO_SUCH_ACCOUNT = "the account Dovecot shall run as, or its group, is not in the system's user database"
    OTHER_ACCOUNT = "only root can start Dovecot for another account"
    DATABASE_MISSING = "the database does not exist yet"
    ALREADY_STARTED = "this Dovecot has been started already"
    EXITED_EARLY = "Dovecot ended by itself"
    NOT_ANSWERING = "Dovecot's sockets do not answer"
    COMMAND_FAILED = "doveadm failed"


class MailboxServerError(RuntimeError):
    """The mailbox server can't be configured, started or reached.

    fault: which rule was broken. log_lines: Dovecot's last lines, without addresses and IP addresses; often empty.
    """

    def __init__(self, fault: MailboxFault, log_lines: tuple[str, ...] = ()) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.log_lines = log_lines
