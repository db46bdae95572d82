"""A gateway key, officers and Parties' reading keys, made once a process by GnuPG; and a request about them."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.resolve.request import PartyHere, ResolveRequest
from gnupg_keys import Key, certify, gpg, make_key, stop_agent
from keyring_admin.gateway_key import (
    GatewaySecret,
    create_gateway_certificate,
    export_certificate,
    export_secret_subkeys,
)


@dataclass(frozen=True, slots=True)
class People:
    """Everybody, in one GnuPG home."""

    gateway: GatewaySecret
    alice: Key
    mallory: Key
    administrator: Key
    union: Key
    kenya: Key


@pytest.fixture(scope="session")
def people() -> Iterator[People]:
    folder = Path(tempfile.mkdtemp(prefix="gspr-", dir="/tmp"))
    home, everybody = folder / "gateway", folder / "everybody"
    fingerprint = create_gateway_certificate(home, ["query@gsp.test", "resolve@gsp.test"], label="GSP")
    made = {
        name: make_key(everybody, address)
        for name, address in {
            "alice": "alice@customs.ke.test",
            "mallory": "mallory@customs.ke.test",
            "administrator": "administrator@olaf.eu.test",
            "union": "eu@gsp.test",
            "kenya": "ke@gsp.test",
        }.items()
    }
    certify(everybody, made["administrator"], made["union"])
    gpg(everybody, "--import", stdin=export_certificate(home, fingerprint))
    yield People(gateway=export_secret_subkeys(home, fingerprint), **made)
    for each in (home, everybody):
        stop_agent(each)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def request_of_kenya(people: People) -> ResolveRequest:
    """Alice of Kenya asks; the European Union, Kenya and Pakistan (without a certificate) are Parties here."""
    return ResolveRequest(
        now=datetime.now(UTC),
        domain="gsp.test",
        pilot=True,
        mime=True,
        officer=people.alice.address,
        language="en",
        own_party="KE",
        parties=(
            PartyHere("EU", "European Union", "eu@gsp.test", (people.union.certificate,)),
            PartyHere("KE", "Kenya", "ke@gsp.test", (people.kenya.certificate,)),
            PartyHere("PK", "Pakistan", "pk@gsp.test"),
        ),
    )
