"""A request for certification as a file: it goes out to an offline machine or to an administrator, and comes back as
the certified certificate. Text that people read, TOML that tools read, and the certificate.

GnuPG reads the file as it is: it takes the certificate and passes over the text.
"""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from keyring_admin.certificate_packets import read_one_certificate
from keyring_admin.certificate_refusal import CertificateError
from keyring_admin.directory_error import DirectoryError
from keyring_admin.openpgp.armor import ArmorKind, enarmor

FORMAT = 1
_LIMIT = 256 * 1024  # octets
_STATEMENT = "gsp-certification-request"
_ARMOR = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
_KEYS = {"fingerprint": str, "user-id": str, "kind": str, "party": str, "domains": list, "certifiers": list}


class RequestKind(StrEnum):
    """What the certified one will be."""

    ADMINISTRATOR = "administrator"  # certified by the root, by one trust signature for each domain
    OFFICER = "officer"  # certified by an administrator of the Party
    READING = "reading"  # certified by an administrator of the Party and by the root
    SECRETARIAT = "secretariat"  # certified by the root


@dataclass(frozen=True, slots=True)
class CertificationRequest:
    """What is to be certified: one User ID of one certificate. certifiers: full fingerprints of those who may.

    domains: an administrator's; empty for others. octets: the certificate, binary.
    """

    kind: RequestKind
    fingerprint: str
    user_id: str = field(repr=False)
    party: str
    domains: tuple[str, ...]
    certifiers: tuple[str, ...]
    octets: bytes = field(repr=False)


def grouped(fingerprint: str) -> str:
    """A fingerprint as people compare it: in groups of four."""
    return " ".join(fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4))


def write_request(request: CertificationRequest) -> bytes:
    """The file."""
    values = {
        "statement": _STATEMENT,
        "format": FORMAT,
        "kind": request.kind.value,
        "fingerprint": request.fingerprint,
        "user-id": request.user_id,
        "party": request.party,
        "domains": list(request.domains),
        "certifiers": list(request.certifiers),
    }
    comments = [f"# {line}".rstrip() for line in _explanation(request)]
    lines = [*comments, "", *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""]
    armor = enarmor(request.octets, ArmorKind.PUBLIC_KEY).decode("ascii").replace("\r\n", "\n")
    return ("\n".join(lines) + "\n" + armor).encode("utf-8")


def read_request(octets: bytes) -> CertificationRequest:
    """Raises DirectoryError if it is no request, or does not fit the certificate in it."""
    refused = DirectoryError("this is not a request for certification, or it was changed: have it made again")
    try:
        text = octets.decode("utf-8") if len(octets) <= _LIMIT else ""
        values = tomllib.loads(text.partition(_ARMOR)[0])
        packets = read_one_certificate(octets)
    except (ValueError, RecursionError, CertificateError):
        raise refused from None
    if values.get("statement") != _STATEMENT or values.get("format") != FORMAT:
        raise refused
    if any(type(values.get(key)) is not kind for key, kind in _KEYS.items()):
        raise refused
    if values["kind"] not in {kind.value for kind in RequestKind} or values["fingerprint"] != packets.fingerprint:
        raise refused
    if values["user-id"].encode("utf-8") not in packets.user_ids:
        raise refused
    return CertificationRequest(
        kind=RequestKind(values["kind"]),
        fingerprint=packets.fingerprint,
        user_id=values["user-id"],
        party=values["party"],
        domains=tuple(str(domain) for domain in values["domains"]),
        certifiers=tuple(str(fingerprint) for fingerprint in values["certifiers"]),
        octets=packets.octets,
    )


def _explanation(request: CertificationRequest) -> Sequence[str]:
    """For people, with the commands of GnuPG."""
    fingerprint = request.fingerprint
    certifiers = [f"  {grouped(each)}" for each in request.certifiers] or ["  nobody yet: appoint an administrator"]
    lines = [
        "Request for certification",
        "",
        f"Fingerprint  {grouped(fingerprint)}",
        f"User ID      {request.user_id}",
        f"Party        {request.party or 'the Secretariat'}",
        f"As           {request.kind.value}",
        *(["Mail domains " + ", ".join(request.domains)] if request.domains else []),
        "To be certified by" + (" both the root and an administrator" if request.kind is RequestKind.READING else ""),
        *certifiers,
        "",
        "1. Compare the fingerprint with the one its holder gave you in person or on paper: all of it.",
        "2. On the machine with your key, either",
        "     gsp keys certify --key YOUR-FINGERPRINT THIS-FILE --output certified.asc",
        "   or by hand:",
        "     gpg --import THIS-FILE",
    ]
    if request.kind is RequestKind.ADMINISTRATOR:
        for domain in request.domains:
            lines += [
                f"     gpg --local-user YOUR-FINGERPRINT --force-sign-key --edit-key {fingerprint}",
                f"       uid (number of that User ID), tsign; answer 2 (fully), 1 (depth), {domain}; save",
            ]
    else:
        quoted = "'" + request.user_id.replace("'", "'\\''") + "'"
        lines.append(f"     gpg --local-user YOUR-FINGERPRINT --quick-sign-key {fingerprint} {quoted}")
    lines += [
        f"     gpg --armor --output certified.asc --export {fingerprint}",
        "3. Send certified.asc back; at the gateway: gsp keys certified certified.asc",
    ]
    return lines
