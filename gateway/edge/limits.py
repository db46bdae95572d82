"""Every cap of the submission edge, in one frozen value."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class EdgeLimits:
    """Caps and times. Sizes are octets, times are seconds on the monotonic clock."""

    # Sizes
    message_octets: int = 25 * MEBIBYTE
    """Largest message, counted as RFC 1870 §4 does: with CR LF, without transparency dots."""
    overflow_octets: int = 8 * MEBIBYTE
    """Read and thrown away beyond `message_octets` before the connection is cut."""
    text_line_octets: int = 1000
    """Longest line of a message with CR LF (RFC 5321 §4.5.3.1.6); a transparency dot is not counted."""
    command_octets: int = 512
    """Longest command line with CR LF (RFC 5321 §4.5.3.1.4)."""
    parameter_command_octets: int = 2048
    """MAIL and RCPT: 512 and the room RFC 1870, 3461, 4954 and 6152 add for their parameters."""
    authentication_octets: int = 12288
    """AUTH and its responses (RFC 4954 §4). A longer line of any kind ends the session."""
    octets_in_memory: int = 256 * MEBIBYTE
    """Mails being received or handed over, all sessions together; beyond it 452."""

    # Counts
    recipients: int = 100
    """RCPT commands in one mail (RFC 5321 §4.5.3.1.8); one of them is accepted."""
    commands_between_mails: int = 200
    """Commands without an accepted mail among them."""
    errors: int = 20
    """5xx replies in a session."""
    sessions: int = 200
    sessions_per_address: int = 20
    """Per IPv4 address or IPv6 /64."""
    sessions_per_account: int = 10
    mails_per_minute: int = 60
    """Per officer; also the size of the bucket."""

    # Authentication
    failures_per_session: int = 3
    failures_per_account: int = 10
    failures_per_address: int = 30
    failure_window: float = 900.0
    """Failures are forgotten, and a lock-out ends, this long after the first of them."""
    failed_authentication: float = 2.0
    """A failed AUTH is answered this long after it came, whatever the reason."""
    remembered: int = 65536
    """Accounts, and client addresses, that the counters remember."""

    # Times
    handshake: float = 30.0
    unauthenticated: float = 120.0
    """From connection to authentication."""
    idle: float = 300.0
    """For one whole command line (RFC 5321 §4.5.3.2.7)."""
    session: float = 3600.0
    """No command is read after that; a mail in progress is finished."""
    data: float = 300.0
    """Start allowance for a message, to which `1 / data_rate` is added for each octet received."""
    data_rate: float = 8192.0
    """Octets in a second that a sender has to keep up."""
    linger: float = 10.0
    """How long input is thrown away after a final reply, so that the client gets to read it."""
    linger_quiet: float = 0.5
    """Lingering ends when nothing came for this long."""

    @property
    def longest_session(self) -> float:
        """Nothing keeps a connection open longer."""
        sizes = self.message_octets + self.overflow_octets
        return self.session + self.idle + self.data + sizes / self.data_rate
