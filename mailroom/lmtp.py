"""LMTP client (RFC 2033): hands one mail to one mailbox over a connection that stays open.

Contract: a mail is reported as delivered only after the server's `250` for its recipient; whatever is uncertain is
temporary, so it may arrive twice but is never lost. Of the server's words only the enhanced status code is kept.
"""

import re
import smtplib
import types
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Self

_ADDRESS = re.compile(r"[!-~]+")
_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?:\s|$)")

# RFC 3463 §3.5: 4.4.1 no answer from host, 4.4.2 bad connection.
_NO_ANSWER = "4.4.1"
_BAD_CONNECTION = "4.4.2"


class DeliveryOutcome(Enum):
    """What became of a delivery."""

    DELIVERED = "delivered"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


_OUTCOMES = {2: DeliveryOutcome.DELIVERED, 4: DeliveryOutcome.TEMPORARY, 5: DeliveryOutcome.PERMANENT}


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """One recipient's answer. enhanced: status code of RFC 3463, of the same class as the answer.

    uncertain: the connection was lost after the mail had been sent; the server may have stored it.
    """

    outcome: DeliveryOutcome
    enhanced: str
    uncertain: bool = False


class LmtpInputError(ValueError):
    """An address or mail that must not go onto the wire. The text never repeats it."""


class LmtpConnection:
    """A connection to an LMTP server, opened when first needed and again after it was lost. For one thread.

    endpoint: path of a UNIX socket, or host and port. timeout: seconds each answer may take.
    """

    def __init__(self, endpoint: Path | tuple[str, int], *, timeout: float = 60.0) -> None:
        self._endpoint = endpoint
        self._timeout = timeout
        self._client: smtplib.LMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.close()

    def deliver(self, sender: str, recipient: str, mail: bytes) -> DeliveryResult:
        """Deliver one mail to one mailbox.

        sender: reverse-path, "" for none. recipient: address of the mailbox. mail: lines end with CR LF only.
        Raises LmtpInputError for anything that could change the dialogue or would not arrive octet for octet.
        """
        if not _ADDRESS.fullmatch(recipient) or (sender and not _ADDRESS.fullmatch(sender)):
            raise LmtpInputError("an address holds a character that is not printable ASCII")
        if set("<>") & set(sender + recipient):
            raise LmtpInputError("an address holds an angle bracket")
        line_ends = mail.count(b"\r\n")
        if not (line_ends == mail.count(b"\r") == mail.count(b"\n")) or b"\0" in mail or not mail.endswith(b"\r\n"):
            raise LmtpInputError("a mail has lines that do not end with CR LF, or NUL")
        reused = self._client is not None
        result = self._attempt(sender, recipient, mail)
        if result is None and reused:
            # An idle connection the server had closed meanwhile: nothing was sent on it.
            result = self._attempt(sender, recipient, mail)
        return result or DeliveryResult(DeliveryOutcome.TEMPORARY, _NO_ANSWER)

    def close(self) -> None:
        """Say goodbye and close the connection."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            client.docmd("QUIT")
        except OSError:
            return  # the other side was faster
        finally:
            client.close()

    def _attempt(self, sender: str, recipient: str, mail: bytes) -> DeliveryResult | None:
        """One dialogue; None if the connection was lost before the mail was sent."""
        sent = False
        try:
            client = self._client or self._connect()
            self._client = client
            size = f" SIZE={len(mail)}" if client.has_extn("size") else ""  # RFC 1870 §6
            envelope = (f"MAIL FROM:<{sender}>{size}", f"RCPT TO:<{recipient}>")
            refused = self._open_transaction(client, envelope)
            if refused is not None:
                return refused
            sent = True
            client.send(_dot_stuffed(mail))
            code, text = client.getreply()  # RFC 2033 §4.2: one reply for each recipient
            result = _result(code, text)
            if code == 421:
                self._drop()
        except OSError:  # smtplib's own errors are among them, and hold the server's text
            self._drop()
            return DeliveryResult(DeliveryOutcome.TEMPORARY, _BAD_CONNECTION, uncertain=True) if sent else None
        return result

    def _open_transaction(self, client: smtplib.LMTP, envelope: tuple[str, ...]) -> DeliveryResult | None:
        """MAIL, RCPT and DATA in one piece, as RFC 2033 §5 has every server take them; None if the mail may come."""
        commands = (*envelope, "DATA")
        client.send("".join(f"{command}\r\n" for command in commands))
        refused: tuple[int, bytes] | None = None
        code = 0
        for expected in (250, 250, 354):  # RFC 2920 §3.1: every reply is read
            code, text = client.getreply()
            if code != expected and refused is None:
                refused = code, text
            if code == 421:  # RFC 5321 §3.8: the server closes now, and says no more
                break
        if refused is None:
            return None
        result = self._refused(client, *refused) if code != 354 else _result(*refused)
        if code == 354:  # it waits for a mail that nobody shall have
            self._drop()
        return result

    def _connect(self) -> smtplib.LMTP:
        # The name is constant: smtplib would ask the DNS for one.
        client = smtplib.LMTP(local_hostname="gsp.invalid", timeout=self._timeout)
        try:
            if isinstance(self._endpoint, Path):
                code, _ = client.connect(str(self._endpoint), 0)
            else:
                code, _ = client.connect(*self._endpoint)
            if code != 220 or client.ehlo()[0] != 250:  # LHLO, RFC 2033 §4.1
                raise ConnectionError
        except OSError:
            client.close()
            raise
        return client

    def _refused(self, client: smtplib.LMTP, code: int, text: bytes) -> DeliveryResult:
        """The answer to a command before the mail was sent; the connection is made ready for the next mail."""
        if code // 100 not in {4, 5}:
            raise ConnectionError  # success, but not the one asked for: nothing has been delivered
        result = _result(code, text)
        if code == 421 or client.rset()[0] != 250:  # RFC 5321 §3.8: after 421 the server closes
            self._drop()
        return result

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None


def _result(code: int, text: bytes) -> DeliveryResult:
    """What the reply means. Raises ConnectionError for what is no reply to a mail."""
    outcome = _OUTCOMES.get(code // 100)
    if outcome is None:
        raise ConnectionError
    found = _ENHANCED.match(text)
    # RFC 2034 §4: the class repeats the reply code's; a reply that contradicts itself loses its detail.
    agrees = found is not None and int(found.group(1)) == code // 100
    return DeliveryResult(outcome, found.group(0).decode().strip() if found and agrees else f"{code // 100}.0.0")


def _dot_stuffed(mail: bytes) -> bytes:
    """RFC 5321 §4.5.2; the mail is known to end with CR LF and to hold no other line end."""
    stuffed = mail.replace(b"\r\n.", b"\r\n..")
    return (b"." if mail.startswith(b".") else b"") + stuffed + b".\r\n"
