"""Sends prepared mails through several client processes at once."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from bench.client import ClientJob, ClientResult, SessionJob, dump_job, load_result

_CLIENT_PROCESSES = 2
_SECONDS = 600


class BenchFailedError(RuntimeError):
    """The run gives no figure; the text says why."""


@dataclass(frozen=True, slots=True)
class Sent:
    """started, ended: monotonic seconds over all sessions. replies: seconds of each DATA reply."""

    started: float
    ended: float
    replies: tuple[float, ...]


class Submission:
    """Client processes whose sessions are connected and logged in; `run` starts them together."""

    def __init__(self, port: int, authority: str, sessions: Sequence[SessionJob], *, reconnect: bool = False) -> None:
        self._clients: list[subprocess.Popen[str]] = []
        try:
            for share in (sessions[number::_CLIENT_PROCESSES] for number in range(_CLIENT_PROCESSES)):
                if share:
                    self._clients.append(_start_client(ClientJob(port, authority, tuple(share), reconnect)))
            for client in self._clients:
                _wait_until_ready(client)
        except BaseException:
            self.stop()
            raise

    def begin(self) -> None:
        """Let the clients send."""
        for client in self._clients:
            _write(client, "go")

    def run(self) -> Sent:
        """Send everything. Raises BenchFailedError if a mail was not accepted."""
        try:
            self.begin()
            results = [_result(client) for client in self._clients]
        finally:
            self.stop()
        problem = next((result.problem for result in results if result.problem), "")
        if problem:
            raise BenchFailedError(f"a mail was not accepted: {problem}")
        return Sent(
            started=min(result.started for result in results),
            ended=max(result.ended for result in results),
            replies=tuple(reply for result in results for reply in result.replies),
        )

    def stop(self) -> None:
        """End the client processes."""
        for client in self._clients:
            if client.poll() is None:
                client.terminate()
            client.communicate()  # waits as well: the client's processor time is counted then
        self._clients.clear()


def _start_client(job: ClientJob) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "bench.client"]
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    _write(client, dump_job(job))
    return client


def _wait_until_ready(client: "subprocess.Popen[str]") -> None:
    if _read(client).strip() != "ready":
        raise BenchFailedError("a client could not log in")


def _result(client: "subprocess.Popen[str]") -> ClientResult:
    line = _read(client)
    client.wait(_SECONDS)
    if not line:
        raise BenchFailedError("a client ended without a result")
    return load_result(line)


def _read(client: "subprocess.Popen[str]") -> str:
    return client.stdout.readline() if client.stdout is not None else ""


def _write(client: "subprocess.Popen[str]", line: str) -> None:
    if client.stdin is not None:
        client.stdin.write(line + "\n")
        client.stdin.flush()
