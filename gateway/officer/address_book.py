"""The address book: the gateway and the Parties, as `gsp directory export` writes them for officers' tools.

It is worth what its fingerprints are worth: compare them with the printed list before importing it; or compare the
root's alone, and have the others verified by the chain (gateway/officer/chain_check.py).
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from gateway.officer.problem import OfficerProblemError
from gateway.words import phrase

FORMAT = "gsp-address-book/1"
SIZE_LIMIT = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BookCertificate:
    """fingerprint: full, upper-case hex. armor: the certificate."""

    fingerprint: str
    armor: str


@dataclass(frozen=True, slots=True)
class BookAdministrator:
    """An administrator of a Party, as the chain needs to know. domains: mail domains of the appointment."""

    fingerprint: str
    armor: str
    domains: tuple[str, ...]
    regional: bool


@dataclass(frozen=True, slots=True)
class BookParty:
    """A Party, its address at the gateway, its reading certificates in force; and who certified them."""

    code: str
    name: str
    address: str
    member_from: date
    member_until: date | None
    certificates: tuple[BookCertificate, ...]
    administrators: tuple[BookAdministrator, ...] = ()


@dataclass(frozen=True, slots=True)
class AddressBook:
    """The whole book. pilot: everything of this gateway is a test. root: of the chain; None: none is installed."""

    domain: str
    pilot: bool
    gateway: BookCertificate
    parties: tuple[BookParty, ...]
    root: BookCertificate | None = None

    def party(self, code: str) -> BookParty:
        """The Party with this code. Raises OfficerProblemError."""
        for party in self.parties:
            if party.code == code:
                return party
        raise OfficerProblemError(
            phrase("{party} is not in the address book; fetch a new one from your administrator", party=code)
        )


def dump_address_book(book: AddressBook) -> str:
    """The book as JSON."""
    return json.dumps({"format": FORMAT, **asdict(book)}, indent=2, default=str, ensure_ascii=False) + "\n"


def load_address_book(octets: bytes) -> AddressBook:
    """Read a book. Raises OfficerProblemError."""
    if len(octets) > SIZE_LIMIT:
        raise OfficerProblemError(phrase("the address book is too large"))
    try:
        values = json.loads(octets)
        if values["format"] != FORMAT:
            raise OfficerProblemError(phrase("the address book has an unknown format; update this program"))
        return AddressBook(
            domain=str(values["domain"]),
            pilot=bool(values["pilot"]),
            gateway=BookCertificate(**values["gateway"]),
            parties=tuple(
                BookParty(
                    code=str(party["code"]),
                    name=str(party["name"]),
                    address=str(party["address"]),
                    member_from=date.fromisoformat(party["member_from"]),
                    member_until=date.fromisoformat(party["member_until"]) if party["member_until"] else None,
                    certificates=tuple(BookCertificate(**certificate) for certificate in party["certificates"]),
                    administrators=tuple(_administrator(one) for one in party.get("administrators", ())),
                )
                for party in values["parties"]
            ),
            root=BookCertificate(**values["root"]) if values.get("root") else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise OfficerProblemError(
            phrase("the address book cannot be read; fetch a new one from your administrator")
        ) from None


def _administrator(values: dict[str, Any]) -> BookAdministrator:
    return BookAdministrator(
        fingerprint=str(values["fingerprint"]),
        armor=str(values["armor"]),
        domains=tuple(str(domain) for domain in values["domains"]),
        regional=values["regional"] is True,
    )
