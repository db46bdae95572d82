"""What is shaken hands with, and what is not; a new certificate while sessions are open."""

import ssl
from pathlib import Path

import pytest

from gateway.edge.tls import TlsCertificateError, build_context

from .edge_world import Client, World, make_certificate, trusting


def _client_context(certificate: Path, version: ssl.TLSVersion, ciphers: str = "ALL") -> ssl.SSLContext:
    context = trusting(certificate)
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_current_versions_are_spoken(world: World, version: ssl.TLSVersion) -> None:
    with Client(world.tls_port, _client_context(world.certificate, version), implicit=True) as client:
        assert client.reply().startswith("220")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1, "ALL"),
        (ssl.TLSVersion.TLSv1_1, "ALL"),
        (ssl.TLSVersion.TLSv1_2, "NULL"),
        (ssl.TLSVersion.TLSv1_2, "aNULL"),
        (ssl.TLSVersion.TLSv1_2, "AES128-SHA"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA"),
    ],
)
def test_old_versions_and_weak_suites_are_refused(world: World, version: ssl.TLSVersion, ciphers: str) -> None:
    """SMTP-d06."""
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        Client(world.tls_port, _client_context(world.certificate, version, ciphers), implicit=True)
    world.settle()
    assert world.faults == []


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str | None) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue


def test_a_server_name_can_be_demanded(certificate: tuple[Path, Path]) -> None:
    client = trusting(certificate[0])
    client.check_hostname = False
    strict, lenient = build_context(*certificate, require_server_name=True), build_context(*certificate)
    _shake_hands(lenient, client, None)
    _shake_hands(strict, client, "localhost")
    with pytest.raises(ssl.SSLError):
        _shake_hands(strict, client, None)


def test_a_renewed_certificate_is_used_without_dropping_sessions(world: World, tmp_path: Path) -> None:
    """REL-26."""
    old = world.certificate.read_bytes(), world.key.read_bytes()
    try:
        with world.client("auth") as before:
            certificate, key = make_certificate(tmp_path, "renewed")
            world.certificate.write_bytes(certificate.read_bytes())
            world.key.write_bytes(key.read_bytes())
            world.server.reload_tls()
            with pytest.raises(ssl.SSLCertVerificationError):
                Client(world.tls_port, world.tls, implicit=True)
            with Client(world.tls_port, trusting(certificate), implicit=True) as after:
                assert after.reply().startswith("220")
            assert before.mail().startswith("250")

            world.key.write_bytes(old[1])  # does not belong to the certificate
            with pytest.raises(TlsCertificateError, match=r"^tls_certificate_unusable$"):
                world.server.reload_tls()
            with Client(world.tls_port, trusting(certificate), implicit=True) as still:
                assert still.reply().startswith("220")
    finally:
        world.certificate.write_bytes(old[0])
        world.key.write_bytes(old[1])
