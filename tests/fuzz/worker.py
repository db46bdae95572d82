"""The real worker, driven by hand: its frames, its memory, its system calls."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gateway.opener.frames import READY, Job, JobKind, JobResult, decode_header, encode, encode_job, result_from
from keyring_admin.gateway_key import GatewaySecret

SIZE_LIMIT = 25 << 20


@dataclass
class Worker:
    """One worker process."""

    process: subprocess.Popen[bytes]

    def open(
        self, message: bytes, certificate: bytes, kind: JobKind = JobKind.SLIP, key_ids: tuple[str, ...] = ()
    ) -> JobResult | None:
        """What it answers, or None if it died of the message."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(encode_job(Job(kind, key_ids, SIZE_LIMIT, message, certificate)))
            self.process.stdin.flush()
            length = self._read(4)
            if len(length) < 4:
                return None
            header, lengths = decode_header(self._read(int.from_bytes(length)))
        except BrokenPipeError:
            return None
        return result_from(header, [self._read(size) for size in lengths])

    def _read(self, count: int) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.read(count)


@contextmanager
def running_worker(secret: GatewaySecret, *before: str) -> Iterator[Worker]:
    """A worker that is ready. before: a command that runs it."""
    command = [*before, sys.executable, "-m", "gateway.opener.worker", "512"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(encode({}, secret.octets))
        process.stdin.flush()
        assert process.stdout.read(len(READY)) == READY
        try:
            yield Worker(process)
        finally:
            process.kill()
