"""Examination and judgement of many certificates from one listing by GnuPG: listing twice would take twice as long."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from keyring_admin.certificate_packets import CertificatePackets, read_one_certificate
from keyring_admin.certificates import Candidate, CertificateFacts, CertificateRefusal, examine_listed, read_candidate
from keyring_admin.chain.signatures import SignedCertificate, read_signatures
from keyring_admin.gnupg_listing import ListedCertificate, list_certificates

_AT_ONCE = 50  # certificates in one run of GnuPG
_RUNS = 2  # GnuPG verifies on one processor


@dataclass(frozen=True, slots=True)
class Examined:
    """What the door says of a certificate, and the signatures that count for the chain; None for one refused."""

    verdict: CertificateFacts | CertificateRefusal
    signed: SignedCertificate | None


def examine_and_read(
    candidates: Sequence[Candidate], issuers: Sequence[bytes], *, now: datetime, special_use_domains: bool
) -> list[Examined]:
    """issuers: certificates of root and administrators. In the order of the candidates. Raises GnuPGError."""
    issuing = {packets.fingerprint: packets for packets in map(read_one_certificate, issuers)}
    issuer_of = {fingerprint[-16:]: fingerprint for fingerprint in issuing}
    read = [read_candidate(candidate) for candidate in candidates]
    fit = {
        packets.fingerprint: packets
        for packets in read
        if isinstance(packets, CertificatePackets)
        and not any(key.fingerprint[-16:] in issuer_of for key in packets.keys)  # a look-alike, or an issuer itself
    }
    listed = _list(
        [each.certified_only_by(issuing) for each in fit.values()], [each.octets for each in issuing.values()]
    )
    examined: list[Examined] = []
    for candidate, packets in zip(candidates, read, strict=True):
        verdict = examine_listed(candidate, packets, listed, now=now, special_use_domains=special_use_domains)
        signed = (
            read_signatures(listed[verdict.fingerprint], issuer_of) if isinstance(verdict, CertificateFacts) else None
        )
        examined.append(Examined(verdict, signed))
    return examined


def _list(certificates: Sequence[bytes], issuers: Sequence[bytes]) -> Mapping[str, ListedCertificate]:
    parts = [certificates[start : start + _AT_ONCE] for start in range(0, len(certificates), _AT_ONCE)]
    found: dict[str, ListedCertificate] = {}
    with ThreadPoolExecutor(_RUNS) as runs:  # each waits for a process
        for listed in runs.map(lambda part: list_certificates(part, issuers), parts):
            found |= listed
    return found
