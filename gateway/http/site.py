"""Which request gets which file. Pure but for reading the public folder; a path from outside never reaches the disk.

Everything served is signed, or only says where to look. Answers are constant but for the file itself.
"""

import hashlib
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from gateway.library.public_folder import CURRENT, LIBRARY, VERSIONS
from gateway.wkd.files import WKD
from keyring_admin.web_key_directory import POLICY, WELL_KNOWN

_NUMBERED = re.compile(r"/library/([1-9][0-9]{0,8})")
# draft-koch-openpgp-webkey-service §3.1: `?l=` repeats the local part as it was typed; it is not needed.
_HASHED = re.compile(rf"/({re.escape(WELL_KNOWN)}/(?:[a-z0-9.-]{{1,253}}/)?hu/[a-z0-9]{{32}})(?:\?l=[^?#]{{0,192}})?")
_POLICY = re.compile(rf"/({re.escape(WELL_KNOWN)}/(?:[a-z0-9.-]{{1,253}}/)?{POLICY})")
_SIGNED = "application/octet-stream"
_NOW, _HOUR, _YEAR = "no-cache", "max-age=3600", "max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: status, header fields beside Content-Length, body."""

    status: HTTPStatus
    fields: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


def answer(folder: Path, method: str, target: str, if_none_match: str = "") -> Answer:
    """The response to a request line (RFC 9110 §9.3.1, §9.3.2, §13.1.2).

    folder: the public folder. target: as in the request line; no query is taken. if_none_match: that field.
    """
    if method not in {"GET", "HEAD"}:
        return refused(HTTPStatus.METHOD_NOT_ALLOWED, ("Allow", "GET, HEAD"))  # RFC 9110 §15.5.6
    name, media_type, cache = _file_of(target)
    if not name:
        return refused(HTTPStatus.NOT_FOUND)
    try:
        octets = (folder / name).read_bytes()
    except OSError:
        return refused(HTTPStatus.NOT_FOUND)
    tag = f'"{hashlib.sha256(octets).hexdigest()}"'
    fields = (*_COMMON, ("ETag", tag), ("Cache-Control", cache))
    if tag in {one.strip() for one in if_none_match.split(",")}:
        return Answer(HTTPStatus.NOT_MODIFIED, fields, b"")
    return Answer(HTTPStatus.OK, (*fields, ("Content-Type", media_type)), octets)


_COMMON = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Referrer-Policy", "no-referrer"),
)


def _file_of(target: str) -> tuple[str, str, str]:
    """Name in the folder, media type, caching; an empty name for everything that is not served."""
    if target == f"/library/{CURRENT}":
        return f"{LIBRARY}/{CURRENT}", _SIGNED, _HOUR
    if target == f"/library/{VERSIONS}":
        return f"{LIBRARY}/{VERSIONS}", "application/json", _HOUR
    if numbered := _NUMBERED.fullmatch(target):
        return f"{LIBRARY}/{numbered[1]}", _SIGNED, _YEAR
    if (found := _HASHED.fullmatch(target)) and ".." not in found[1]:
        return f"{WKD}/{found[1]}", _SIGNED, _NOW
    if (policy := _POLICY.fullmatch(target)) and ".." not in policy[1]:
        return f"{WKD}/{policy[1]}", "text/plain", _HOUR
    return "", "", ""


def refused(status: HTTPStatus, *fields: tuple[str, str]) -> Answer:
    """A constant refusal."""
    return Answer(status, (*_COMMON, ("Content-Type", "text/plain"), *fields), f"{status.value}\n".encode("ascii"))
