"""What crosses the pipe between the pool and a worker: a length, a JSON header, and the blobs it counts.

No pickle: a worker that was taken over can only say one of the outcomes below.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

HEADER_LIMIT = 64 * 1024
# Of everything below, and of what gateway.resolve and gateway.keys put into `request`: another number for each change.
# While a new version is installed, an old edge may start a new worker: neither may take the other's octets for its own.
PROTOCOL = 2
READY = b"gsp-opener %04d\n" % PROTOCOL  # from a worker that has read its keys, once


class FrameError(ValueError):
    """The other side does not speak this protocol."""


class JobKind(StrEnum):
    """What a worker is asked to do."""

    SLIP = "slip"  # blobs: slip message, sender's certificate
    COVER = "cover"  # blobs: message with slip and body inside, sender's certificate
    RESOLVE = "resolve"  # blobs: question, sender's certificate, what the answer needs, pattern library
    KEYS = "keys"  # blobs: request to keys@, nothing, whose certificates it may be signed with


class Outcome(StrEnum):
    """What came of it."""

    # Blobs: the slip's XML, and for COVER the sealed body's packets; for RESOLVE the answer's; for KEYS the request.
    OPENED = "opened"
    UNOPENABLE = "unopenable"
    NO_SLIP = "no-slip"  # opened, but there is no routing slip inside
    BAD_SIGNATURE = "bad-signature"
    BAD_SLIP = "bad-slip"
    NO_UIDS = "no-uids"  # opened and signed, but it asks about no UID
    BAD_REQUEST = "bad-request"  # opened, but not a request of this version
    SECRET_KEY = "secret-key"  # noqa: S105 - the name of an outcome: opened, and it holds a secret key


@dataclass(frozen=True, slots=True)
class Job:
    """One mail to open. gateway_key_ids: key IDs by which a message is recognised as the slip."""

    kind: JobKind
    gateway_key_ids: tuple[str, ...]
    size_limit: int
    message: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    request: bytes = field(default=b"", repr=False)
    library: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a worker found."""

    outcome: Outcome
    signer: str | None = None
    signed_at: datetime | None = None
    slip: bytes = field(default=b"", repr=False)
    body: bytes = field(default=b"", repr=False)
    body_key_ids: tuple[str, ...] = ()


def encode(header: dict[str, object], *blobs: bytes) -> bytes:
    """One frame."""
    text = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode()
    return len(text).to_bytes(4, "big") + text + b"".join(blobs)


def decode_header(text: bytes) -> tuple[dict[str, object], list[int]]:
    """The header of a frame and the lengths of its blobs, in octets. Raises FrameError."""
    try:
        header = json.loads(text)
        lengths = [int(length) for length in header.pop("blobs")]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise FrameError("not a frame") from None
    if any(length < 0 for length in lengths):
        raise FrameError("not a frame")
    return header, lengths


def encode_job(job: Job) -> bytes:
    """The frame of a job."""
    header: dict[str, object] = {
        "kind": job.kind.value,
        "gateway_key_ids": list(job.gateway_key_ids),
        "size_limit": job.size_limit,
    }
    return encode(header, job.message, job.certificate, job.request, job.library)


def encode_result(result: JobResult) -> bytes:
    """The frame of a result."""
    header: dict[str, object] = {
        "outcome": result.outcome.value,
        "signer": result.signer,
        "signed_at": result.signed_at.isoformat() if result.signed_at else None,
        "body_key_ids": list(result.body_key_ids),
    }
    return encode(header, result.slip, result.body)


def job_from(header: dict[str, object], blobs: list[bytes]) -> Job:
    """The job a frame holds. Raises FrameError."""
    try:
        message, certificate, request, library = blobs
        key_ids = header["gateway_key_ids"]
        if not isinstance(key_ids, list):
            raise FrameError("not a job")
        return Job(
            kind=JobKind(str(header["kind"])),
            gateway_key_ids=tuple(str(key_id) for key_id in key_ids),
            size_limit=int(str(header["size_limit"])),
            message=message,
            certificate=certificate,
            request=request,
            library=library,
        )
    except (KeyError, ValueError):
        raise FrameError("not a job") from None


def result_from(header: dict[str, object], blobs: list[bytes]) -> JobResult:
    """The result a frame holds. Raises FrameError."""
    try:
        slip, body = blobs
        signer, signed_at, key_ids = header["signer"], header["signed_at"], header["body_key_ids"]
        if not isinstance(key_ids, list):
            raise FrameError("not a result")
        return JobResult(
            outcome=Outcome(str(header["outcome"])),
            signer=str(signer) if signer is not None else None,
            signed_at=datetime.fromisoformat(str(signed_at)) if signed_at is not None else None,
            slip=slip,
            body=body,
            body_key_ids=tuple(str(key_id) for key_id in key_ids),
        )
    except (KeyError, ValueError):
        raise FrameError("not a result") from None
