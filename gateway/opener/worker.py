"""A worker: opens routing slips and requests to `keys@`, answers what is asked at `resolve@`, and does nothing else.

One job after the other. It has no file to write, no core to dump, bounded memory, and dies with its parent's pipe.
Whatever a hostile message does to it, the pool starts another. Usage: python -m gateway.opener.worker MEMORY_MEBIBYTES
"""

import ctypes
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from forms.errors import FormError
from forms.slip import compose_slip, parse_slip
from gateway.gate import GateRefusedError, scan_inner
from gateway.keys.opening import RequestOpener
from gateway.opener.frames import (
    HEADER_LIMIT,
    READY,
    FrameError,
    Job,
    JobKind,
    JobResult,
    Outcome,
    decode_header,
    encode_result,
    job_from,
)
from gateway.resolve.answering import Answerer
from keyring_admin.openpgp.opening import BadSignatureError, OpeningKey, UnopenableError, verify_signer
from keyring_admin.openpgp.packets import EncryptedMessage

# The libraries decompress first and ask later; a mail around slip and body is copied a few times on its way.
_GROWTH_OCTETS = 48 * 1024 * 1024
_GROWTH_A_MESSAGE_OCTET = 12
SLIP_PLAINTEXT_LIMIT = 16 * 1024
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4  # prctl(2)
_SIGKILL = 9


def main() -> None:
    """Confine this process, take the gateway's secret subkeys from the first frame, serve jobs until end of file."""
    confine(int(sys.argv[1]) * 1024 * 1024)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    first = read_frame(source)
    if first is None:
        return
    key = OpeningKey(first[1][0])
    answerer, requests = Answerer(key, first[1][0]), RequestOpener(key)
    sink.write(READY)
    sink.flush()
    while (frame := read_frame(source)) is not None:
        job = job_from(*frame)
        if job.kind is JobKind.RESOLVE:
            result = answerer.answer(job)
        else:
            with bounded_growth(_GROWTH_OCTETS + _GROWTH_A_MESSAGE_OCTET * len(job.message)):
                result = requests.open(job) if job.kind is JobKind.KEYS else work(job, key)
        sink.write(encode_result(result))
        sink.flush()


def confine(memory: int) -> None:
    """Take away from this process what opening a slip does not need. memory: octets of address space."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


@contextmanager
def bounded_growth(octets: int) -> Iterator[None]:
    """Let this process grow by so much address space and no more: a decompression bomb ends it early."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - no more than this is loaded here
        size = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (min(soft, size + octets), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def work(job: Job, key: OpeningKey) -> JobResult:
    """Open one slip. Every failure is one of the outcomes; none says why it could not be opened."""
    try:
        slip_octets, body = job.message, None
        if job.kind is JobKind.COVER:
            cover = key.open(job.message, limit=job.size_limit)
            slip_message, body = tell_apart(scan_inner(cover.data), job.gateway_key_ids)
            slip_octets = slip_message.octets
        opened = key.open(slip_octets, limit=SLIP_PLAINTEXT_LIMIT)
        signer = verify_signer(opened, job.certificate)
        slip = parse_slip(opened.data)
    except UnopenableError:
        return JobResult(Outcome.UNOPENABLE)
    except GateRefusedError:
        return JobResult(Outcome.NO_SLIP)
    except BadSignatureError:
        return JobResult(Outcome.BAD_SIGNATURE)
    except FormError:
        return JobResult(Outcome.BAD_SLIP)
    return JobResult(
        outcome=Outcome.OPENED,
        signer=signer.fingerprint,
        signed_at=signer.signed_at,
        slip=compose_slip(slip),
        body=body.octets if body else b"",
        body_key_ids=body.recipients if body else (),
    )


def tell_apart(
    messages: tuple[EncryptedMessage, EncryptedMessage], gateway_key_ids: tuple[str, ...]
) -> tuple[EncryptedMessage, EncryptedMessage]:
    """Which of two messages is the slip and which the body: by their recipients, not by names.

    Raises UnopenableError unless exactly one of them is encrypted to the gateway.
    """
    ours = [any(key_id in gateway_key_ids for key_id in message.recipients) for message in messages]
    if ours.count(True) != 1:
        raise UnopenableError
    return messages if ours[0] else (messages[1], messages[0])


def read_frame(source: BinaryIO) -> tuple[dict[str, object], list[bytes]] | None:
    """The next frame, or None at end of file. Raises FrameError."""
    prefix = source.read(4)
    if len(prefix) < 4:
        return None
    length = int.from_bytes(prefix, "big")
    if length > HEADER_LIMIT:
        raise FrameError("not a frame")
    header, lengths = decode_header(source.read(length))
    return header, [source.read(size) for size in lengths]


if __name__ == "__main__":
    main()
