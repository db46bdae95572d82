"""A client process of its own: several kept sessions, a thread each, that send the mails they are given.

Standard input: one JSON line (a ClientJob), then a line `go` once every client is ready. Standard output: `ready`, then
one JSON line (a ClientResult). Times are of the monotonic clock, which all processes of a machine share.
"""

import json
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.smtp_session import SmtpSession, UnexpectedReplyError, stuff


@dataclass(frozen=True, slots=True)
class SessionJob:
    """One session: who sends, to whom, and the files of its mails."""

    login: str
    password: str
    recipient: str
    mails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClientJob:
    """All sessions of a process. authority: file of the TLS authority; empty for neither TLS nor AUTH.

    reconnect: whether each mail has a connection of its own, TLS and AUTH included.
    """

    port: int
    authority: str
    sessions: tuple[SessionJob, ...]
    reconnect: bool = False


@dataclass(frozen=True, slots=True)
class ClientResult:
    """started, ended: monotonic seconds. replies: seconds of each DATA reply. problem: why it stopped, or empty."""

    started: float
    ended: float
    replies: tuple[float, ...]
    problem: str


def dump_job(job: ClientJob) -> str:
    """As one line."""
    return json.dumps(asdict(job))


def load_result(line: str) -> ClientResult:
    """What a client printed."""
    values = json.loads(line)
    return ClientResult(values["started"], values["ended"], tuple(values["replies"]), values["problem"])


def _load_job(line: str) -> ClientJob:
    values = json.loads(line)
    sessions = tuple(SessionJob(**{**session, "mails": tuple(session["mails"])}) for session in values["sessions"])
    return ClientJob(values["port"], values["authority"], sessions, values["reconnect"])


class _Sender(threading.Thread):
    """One session."""

    def __init__(self, job: ClientJob, session: SessionJob) -> None:
        super().__init__(daemon=True)
        self._process = job
        self._job = session
        files = {file: stuff(Path(file).read_bytes()) for file in dict.fromkeys(session.mails)}
        self._mails = [files[file] for file in session.mails]
        self._smtp = self._connect()
        self.replies: list[float] = []
        self.ended = 0.0
        self.problem = ""

    def run(self) -> None:
        try:
            for mail in self._mails:
                self.replies.append(self._send_anew(mail) if self._process.reconnect else self._send(mail))
            self.ended = time.monotonic()
            self._smtp.close()
        except (OSError, UnexpectedReplyError) as error:
            self.problem = f"{type(error).__name__}: {error}"

    def _send(self, mail: bytes) -> float:
        return self._smtp.send(self._job.login, self._job.recipient, mail)

    def _send_anew(self, mail: bytes) -> float:
        start = time.perf_counter()
        self._smtp.close()
        self._smtp = self._connect()
        self._send(mail)
        return time.perf_counter() - start

    def _connect(self) -> SmtpSession:
        authority = Path(self._process.authority) if self._process.authority else None
        return SmtpSession(self._process.port, authority=authority, login=self._job.login, password=self._job.password)


def main() -> None:
    """Log in, wait for `go`, send, report."""
    job = _load_job(sys.stdin.readline())
    senders = [_Sender(job, session) for session in job.sessions]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if sys.stdin.readline().strip() != "go":
        return
    started = time.monotonic()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    result = ClientResult(
        started=started,
        ended=max(sender.ended for sender in senders),
        replies=tuple(reply for sender in senders for reply in sender.replies),
        problem=next((sender.problem for sender in senders if sender.problem), ""),
    )
    sys.stdout.write(json.dumps(asdict(result)) + "\n")


if __name__ == "__main__":
    main()
