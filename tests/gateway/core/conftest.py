"""Keys and slips for the tests of the gateway's core. Keys are made once a process: nothing here changes them."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from openpgp.composed import SignedPublicSubKey

from forms.identifiers import new_identifier
from forms.slip import BodyKind, MessageClass, Slip, compose_slip
from gateway.signing import GatewaySigner
from keyring_admin.gateway_key import (
    GatewaySecret,
    create_gateway_certificate,
    export_certificate,
    export_secret_subkeys,
    run_gpg,
)

from .keys import Key, gpg, make_home, make_key, stop_agent
from .messages import encryption_subkeys


@dataclass(frozen=True, slots=True)
class Gateway:
    """The gateway's key as GnuPG made it, with two encryption subkeys as after a rotation."""

    secret: GatewaySecret
    certificate: bytes

    @property
    def subkeys(self) -> list[SignedPublicSubKey]:
        return encryption_subkeys(self.certificate)

    @property
    def key_ids(self) -> tuple[str, ...]:
        return tuple(str(subkey.key.key_id).upper() for subkey in self.subkeys)


@pytest.fixture(scope="session")
def homes() -> Iterator[Path]:
    """A short folder for GnuPG homes: their sockets have short names."""
    folder = Path(tempfile.mkdtemp(prefix="gspk-", dir="/tmp"))
    yield folder
    for home in folder.iterdir():
        stop_agent(home)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def gateway(homes: Path) -> Gateway:
    home = homes / "gateway"
    fingerprint = create_gateway_certificate(home, ["query@gsp.test", "keys@gsp.test"], label="GSP")
    run_gpg(home, "--quick-add-key", fingerprint, "cv25519", "encr", "60d")
    return Gateway(export_secret_subkeys(home, fingerprint), export_certificate(home, fingerprint))


@pytest.fixture(scope="session")
def signer(gateway: Gateway) -> GatewaySigner:
    return GatewaySigner(gateway.secret)


@pytest.fixture(scope="session")
def officers_home(homes: Path, gateway: Gateway) -> Path:
    """One keyring with everybody's key in it, and the gateway's certificate."""
    home = make_home(homes / "officers")
    gpg(home, "--import", stdin=gateway.certificate)
    return home


@pytest.fixture(scope="session")
def alice(officers_home: Path) -> Key:
    return make_key(officers_home, "alice@customs.ke.test")


@pytest.fixture(scope="session")
def mallory(officers_home: Path) -> Key:
    return make_key(officers_home, "mallory@customs.ke.test")


@pytest.fixture
def slip(gateway: Gateway) -> Slip:
    now = datetime.now(UTC).replace(microsecond=0)
    return Slip(
        id=new_identifier(),
        created=now,
        expires=now + timedelta(days=7),
        message_class=MessageClass.QUERY,
        form_pack="uid-query",
        form_version="1",
        requesting_party="KE",
        requested_party="EU",
        pattern_id="eu-primary-id",
        library_version=2,
        uid_count=1,
        exchange=None,
        body_sha256="ab" * 32,
        body_kind=BodyKind.MIME,
        gateway_fingerprint=gateway.secret.fingerprint,
    )


@pytest.fixture
def slip_xml(slip: Slip) -> bytes:
    return compose_slip(slip)
