"""Every reply the gateway gives in an SMTP dialogue: constant text, one enhanced status code each.

No reply names a person, a Party, a key or anything from the mail (RFC 3463, RFC 5248).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply.

    code: three-digit reply code (RFC 5321 §4.2). enhanced: enhanced status code (RFC 3463), or "" where
    RFC 2034 §4 has none (greeting, EHLO, 334, 354). text: constant, printable ASCII.
    """

    code: int
    enhanced: str
    text: str

    @property
    def line(self) -> str:
        """The reply line without CR LF."""
        return f"{self.code} {self.enhanced} {self.text}" if self.enhanced else f"{self.code} {self.text}"

    @property
    def positive(self) -> bool:
        """Whether the command was accepted."""
        return self.code < 400

    @property
    def permanent(self) -> bool:
        """Whether trying again is useless."""
        return self.code >= 500


# Session
GREETING = Reply(220, "", "ESMTP GSP gateway")
CLOSING = Reply(221, "2.0.0", "closing connection")
READY_FOR_TLS = Reply(220, "2.0.0", "ready to start TLS")
OK = Reply(250, "2.0.0", "ok")
SENDER_OK = Reply(250, "2.1.0", "sender ok")
RECIPIENT_OK = Reply(250, "2.1.5", "recipient ok")
START_DATA = Reply(354, "", "end with CR LF . CR LF")
HELP = Reply(214, "2.0.0", "see the operator's guide")
CANNOT_VERIFY = Reply(252, "2.5.2", "cannot verify, will accept mail")
ACCEPTED = Reply(250, "2.6.0", "accepted")
AUTHENTICATED = Reply(235, "2.7.0", "authentication successful")

# 4xx: try again later
SHUTTING_DOWN = Reply(421, "4.3.2", "service shutting down, try again later")
TIMED_OUT = Reply(421, "4.4.2", "timed out, closing connection")
TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", "too many connections, try again later")
TOO_MANY_COMMANDS = Reply(421, "4.7.0", "too many commands, closing connection")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "too many errors, closing connection")
TOO_MANY_AUTH_FAILURES = Reply(421, "4.7.0", "too many failed authentications, closing connection")
AUTH_THROTTLED = Reply(454, "4.7.0", "too many failed authentications, try again later")
RATE_LIMITED = Reply(450, "4.7.1", "too many mails, try again later")
TRY_AGAIN = Reply(451, "4.3.0", "temporary failure, try again later")
STORAGE_FULL = Reply(452, "4.3.1", "not enough storage, try again later")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "too many recipients")
ONE_RECIPIENT = Reply(452, "4.5.3", "one mail addresses one Party; send a mail for each")
TLS_UNAVAILABLE = Reply(454, "4.7.0", "TLS not available")

# 5xx: syntax and order of commands
UNKNOWN_COMMAND = Reply(500, "5.5.1", "command not recognised")
LINE_TOO_LONG = Reply(500, "5.5.2", "line too long")
BAD_LINE_ENDING = Reply(500, "5.5.2", "lines end with CR LF only; bare CR, bare LF and NUL are refused")
BAD_SYNTAX = Reply(501, "5.5.4", "syntax error in parameters")
BAD_BASE64 = Reply(501, "5.5.2", "cannot decode response")
AUTH_ABORTED = Reply(501, "5.7.0", "authentication aborted")
BAD_SENDER_SYNTAX = Reply(501, "5.1.7", "bad sender address syntax")
BAD_RECIPIENT_SYNTAX = Reply(501, "5.1.3", "bad recipient address syntax")
NOT_IMPLEMENTED = Reply(502, "5.5.1", "command not implemented")
BAD_SEQUENCE = Reply(503, "5.5.1", "bad sequence of commands")
BAD_MECHANISM = Reply(504, "5.5.4", "unrecognised authentication mechanism")
UNKNOWN_PARAMETER = Reply(555, "5.5.4", "parameter not recognised")
MESSAGE_TOO_BIG = Reply(552, "5.3.4", "message exceeds the size limit")
NON_ASCII_ADDRESS = Reply(553, "5.6.7", "address must be ASCII")

# 5xx: security
AUTH_REQUIRED = Reply(530, "5.7.0", "authentication required")
TLS_REQUIRED = Reply(530, "5.7.0", "must issue a STARTTLS command first")
AUTH_NEEDS_TLS = Reply(538, "5.7.11", "encryption required for authentication")
BAD_CREDENTIALS = Reply(535, "5.7.8", "authentication credentials invalid")

# 5xx: policy
NOT_ENCRYPTED = Reply(523, "5.7.10", "encryption needed: only OpenPGP-encrypted mail is accepted")
MALFORMED = Reply(550, "5.6.0", "malformed or ambiguous message")
POLICY = Reply(550, "5.7.1", "refused by policy")
SENDER_MISMATCH = Reply(550, "5.7.1", "sender must be the authenticated address")
SENDER_NOT_ACTIVE = Reply(550, "5.7.1", "sender is not admitted")
NOT_ENROLLED = Reply(550, "5.7.1", "this account may only write to keys@ until it is enrolled")
SECRET_KEY_SENT = Reply(550, "5.7.1", "a secret key was sent; it was not stored, treat it as leaked and make a new one")
NO_SUCH_MAILBOX = Reply(550, "5.1.1", "no such mailbox here")
