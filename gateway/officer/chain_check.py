"""The certificates of an address book, verified by the chain from a root fingerprint that came on paper.

The custodian who hands out the book cannot put a certificate of their own into it: the root has not certified it.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from gateway.officer.address_book import AddressBook, BookAdministrator, BookCertificate, BookParty
from gateway.officer.problem import OfficerProblemError
from gateway.words import phrase
from keyring_admin.addresses import domain_of
from keyring_admin.certificate_packets import read_one_certificate
from keyring_admin.certificate_refusal import CertificateError
from keyring_admin.chain.judgement import Administrator, Judge
from keyring_admin.chain.signatures import SignedCertificate, signed_certificates
from keyring_admin.chain_state import ChainState
from keyring_admin.user_ids import user_id_address

ROOT_FILE = Path.home() / ".local/state/gsp/root"
_FINGERPRINT = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")


def verify_book(book: AddressBook, root: str, now: datetime, *, only: str | None = None) -> None:
    """Return if the root of this fingerprint carries every Party's reading certificates, or those of `only`.

    root: full, upper-case hex, from paper. Raises OfficerProblemError.
    """
    if book.root is None or book.root.fingerprint != root or _octets_of(book.root) is None:
        raise OfficerProblemError(
            phrase("the address book does not have the root certificate of your printed list: do not use it")
        )
    for party in book.parties:
        if only in {None, party.code}:
            _verify_party(book, book.root, party, now)


def read_root(text: str) -> str:
    """A fingerprint as people copy it: spaces and lower case do not matter. Raises OfficerProblemError."""
    digits = "".join(text.split()).upper()
    if not _FINGERPRINT.fullmatch(digits):
        raise OfficerProblemError(phrase("expected the full fingerprint of the root certificate, 40 digits"))
    return digits


def remembered_root(file: Path) -> str | None:
    """The root that was compared with paper once, if it was. Raises OfficerProblemError."""
    return read_root(file.read_text(encoding="ascii")) if file.exists() else None


def remember_root(file: Path, root: str) -> None:
    """Keep it: from now on every sealing verifies by it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(f"{root}\n", encoding="ascii")


def _verify_party(book: AddressBook, root: BookCertificate, party: BookParty, now: datetime) -> None:
    readers = {one.fingerprint: _octets_of(one) for one in party.certificates}
    issuers = {one.fingerprint: _octets_of(one) for one in party.administrators}
    root_octets = _octets_of(root) or b""
    administrators_octets = [octets for octets in issuers.values() if octets is not None]
    known = [octets for octets in readers.values() if octets is not None]
    signed = signed_certificates([*known, *administrators_octets], [root_octets, *administrators_octets])
    # Under `.test` addresses are addresses to an officer's tools: what the root certifies decides.
    judge = Judge(signed[root.fingerprint], now, special_use_domains=True)
    administrators = [judged for one in party.administrators if (judged := _judged(judge, signed, one, party))]
    for fingerprint in readers:
        found = signed.get(fingerprint)
        addresses = {f"{party.code.lower()}@{book.domain}"}
        state = judge.reading(found, addresses, administrators).state if found else ChainState.NOT_CERTIFIED
        if state is not ChainState.IN_FORCE:
            raise OfficerProblemError(
                phrase(
                    "{party}: the chain does not carry the certificate {fingerprint} ({code}): do not use this address "
                    "book, and tell your administrator",
                    party=party.code,
                    fingerprint=fingerprint,
                    code=state.value,
                )
            )


def _judged(
    judge: Judge, signed: Mapping[str, SignedCertificate], one: BookAdministrator, party: BookParty
) -> Administrator | None:
    found = signed.get(one.fingerprint)
    addresses = [user_id_address(user_id.text, special_use_domains=True) for user_id in found.user_ids] if found else []
    address = next((each for each in addresses if each is not None and domain_of(each) in one.domains), None)
    if found is None or address is None:
        return None
    return judge.administrator(found, address, party.code, one.domains, regional=one.regional)


def _octets_of(entry: BookCertificate | BookAdministrator) -> bytes | None:
    """Its octets, if they are of the fingerprint that stands beside them."""
    try:
        packets = read_one_certificate(entry.armor.encode("ascii"))
    except (CertificateError, UnicodeEncodeError):
        return None
    return packets.octets if packets.fingerprint == entry.fingerprint else None
