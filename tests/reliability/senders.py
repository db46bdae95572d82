"""Clients that send mails while the gateway is being killed, and remember every `250`."""

import smtplib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from .running_world import ReliabilityWorld
from .sealed_mails import MailMaker, PreparedMail

_PAUSE_SECONDS = 0.15
_AGAIN_SECONDS = 0.3
_EVERY_DIRECT = 8
_MAILS_A_SESSION = 5


@dataclass(slots=True)
class Sent:
    """A mail, and how often it was handed over until the gateway said `250`."""

    mail: PreparedMail
    attempts: int = 0


@dataclass(slots=True)
class Sender:
    """One client on a thread of its own. Like any client it sends a mail again until it has read its `250`."""

    world: ReliabilityWorld
    maker: MailMaker
    code: str
    stopping: threading.Event
    acknowledged: list[Sent] = field(default_factory=list)
    replies: Counter[str] = field(default_factory=Counter)
    _made: int = 0
    _current: Sent | None = None
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name=f"sender-{self.code}", daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait until the last mail is acknowledged."""
        self._thread.join(seconds)
        assert not self._thread.is_alive(), self.replies

    def _run(self) -> None:
        while self._current is not None or not self.stopping.is_set():
            try:
                with self.world.session(self.code, timeout=15) as client:
                    self._send_some(client)
            except smtplib.SMTPResponseException as error:  # at the greeting, AUTH or QUIT
                self.replies[f"{error.smtp_code} {type(error).__name__}"] += 1
                time.sleep(_AGAIN_SECONDS)
            except (OSError, smtplib.SMTPException) as error:
                self.replies[type(error).__name__] += 1
                time.sleep(_AGAIN_SECONDS)

    def _send_some(self, client: smtplib.SMTP) -> None:
        for _ in range(_MAILS_A_SESSION):
            current = self._current = self._current or self._next()
            current.attempts += 1
            reply = self.world.submit(client, self.code, current.mail.recipient, current.mail.octets)
            self.replies[reply[:9]] += 1
            if not reply.startswith("250 2.6.0 accepted"):
                time.sleep(_AGAIN_SECONDS)
                continue
            self.acknowledged.append(current)
            self._current = None
            if self.stopping.wait(_PAUSE_SECONDS):
                return

    def _next(self) -> Sent:
        self._made += 1
        return Sent(self.maker.direct() if self._made % _EVERY_DIRECT == 0 else self.maker.sealed())
