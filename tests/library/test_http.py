"""The HTTP server: what it serves, what it refuses, and that it bears bad clients."""

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.development_tls import write_development_tls
from gateway.http.server import LibraryServer, server_tls
from gateway.http.site import answer
from gateway.library.release import read_release

from .conftest import Office
from .stamps import Stamp


@pytest.fixture
def published(office: Office, ke_stamp: Stamp) -> Office:
    """Versions 1 and 2 are in the public folder."""
    assert office.declare("amina", ke_stamp).exit_code == 0
    office.publish_all()
    return office


def serve(folder: Path, **options: object) -> LibraryServer:
    server = LibraryServer(("127.0.0.1", 0), folder, **{"connections": 4, **options})  # type: ignore[arg-type]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


@pytest.fixture
def server(published: Office) -> Iterator[LibraryServer]:
    made = serve(published.folder / "public", deadline=1.5)
    yield made
    made.shutdown()
    made.server_close()


def ask(server: LibraryServer, method: str, target: str, **fields: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    connection.request(method, target, headers=fields)
    response = connection.getresponse()
    found = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return found


def raw(server: LibraryServer, octets: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as connection:
        connection.sendall(octets)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_the_signed_library_and_the_list_of_versions_are_served(published: Office, server: LibraryServer) -> None:
    status, fields, body = ask(server, "GET", "/library/current")
    assert status == HTTPStatus.OK
    assert body == (published.folder / "library.toml").read_bytes()
    assert read_release(body, published.release_keys).library.version == 2
    assert ask(server, "GET", "/library/2")[2] == body
    assert read_release(ask(server, "GET", "/library/1")[2], published.release_keys).library.version == 1
    listed = json.loads(ask(server, "GET", "/library/versions.json")[2])
    assert [one["number"] for one in listed["versions"]] == [1, 2]
    assert listed["versions"][1]["predecessor"] == listed["versions"][0]["sha256"]
    assert fields["x-content-type-options"] == "nosniff"
    assert ask(server, "GET", "/library/current", **{"If-None-Match": fields["etag"]})[0] == HTTPStatus.NOT_MODIFIED
    status, head, body = ask(server, "HEAD", "/library/current")
    assert (status, body, head["content-length"]) == (HTTPStatus.OK, b"", fields["content-length"])


@pytest.mark.parametrize(
    "target",
    [
        *(
            "/",
            "/library",
            "/library/",
            "/library/3",
            "/library/01",
            "/library/-1",
            "/library/current/",
            "/favicon.ico",
        ),
        *(
            "/library/../gsp.toml",
            "/library/..%2fgsp.toml",
            "//library/current",
            "/library/current?x",
            "/library/1\x00",
        ),
        *("http://x/library/current", "/library/%63urrent", "/library/" + "9" * 5000, "/library/١"),
    ],
)
def test_nothing_else_is_served(published: Office, target: str) -> None:
    found = answer(published.folder / "public", "GET", target)
    assert (found.status, found.body) == (HTTPStatus.NOT_FOUND, b"404\n")
    assert answer(published.folder / "public", "GET", "/library/1").status == HTTPStatus.OK


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
def test_only_get_and_head(server: LibraryServer, method: str) -> None:
    status, fields, body = ask(server, method, "/library/current")
    assert (status, body, fields["allow"]) == (HTTPStatus.METHOD_NOT_ALLOWED, b"405\n", "GET, HEAD")


def test_errors_repeat_nothing_and_nothing_is_logged(server: LibraryServer, capfd: pytest.CaptureFixture[str]) -> None:
    for request in (
        b"CANARY1 /CANARY2 HTTP/1.0\r\n\r\n",
        b"GET /CANARY3 HTTP/1.0\r\nX: CANARY4\r\n\r\n",
        b"CANARY5\r\n\r\n",
        b"GET / HTTP/9.CANARY6\r\n\r\n",
        b"GET /" + b"C" * 70_000 + b" HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.0\r\n" + b"X: CANARY7\r\n" * 200 + b"\r\n",
    ):
        received = raw(server, request)
        assert b"CANARY" not in received
        assert b"CCCC" not in received
    told = capfd.readouterr()
    assert told.out + told.err == ""


def test_slow_and_silent_clients_end_and_others_are_served(server: LibraryServer) -> None:
    started = time.monotonic()
    slow = [socket.create_connection(("127.0.0.1", server.server_port), timeout=5) for _ in range(4)]
    time.sleep(0.3)
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as beyond:
        assert beyond.recv(1) == b""  # no room: closed at once
    for connection in slow:
        connection.sendall(b"GET /")
    for connection in slow:
        assert connection.recv(65536) == b""  # the deadline
        connection.close()
    assert time.monotonic() - started < 5
    time.sleep(0.2)
    assert ask(server, "GET", "/library/1")[0] == HTTPStatus.OK


def test_a_client_fetches_over_tls_and_a_silent_tls_client_ends(published: Office, tmp_path: Path) -> None:
    write_development_tls(tmp_path / "tls", "gsp.test")
    tls = server_tls(tmp_path / "tls" / "certificate.pem", tmp_path / "tls" / "key.pem")
    server = serve(published.folder / "public", tls=tls, deadline=1.5)
    address = f"https://localhost:{server.server_port}/library/current"
    copy = tmp_path / "library.gsp"
    arguments = ["library", "fetch", address, "--library", str(copy), "--ca", str(tmp_path / "tls" / "authority.pem")]
    arguments += ["--release-certificates", str(published.folder / "release-keys.asc")]
    for fingerprint in published.release_keys.fingerprints:
        arguments += ["--release-key", fingerprint]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert read_release(copy.read_bytes(), published.release_keys).library.version == 2
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as silent:
        assert silent.recv(1) == b""
    context = ssl.create_default_context(cafile=tmp_path / "tls" / "authority.pem")
    with (
        socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as quiet,
    ):
        assert quiet.recv(1) == b""  # agreed on TLS, then said nothing
    server.shutdown()
    server.server_close()
