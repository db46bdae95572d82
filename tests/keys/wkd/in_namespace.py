"""Runs inside a network and mount namespace of its own: `gpg --locate-external-keys` against the HTTP server on 443.

Arguments: domain, public folder, folder of the TLS files, a GnuPG home, the host to be known, the address to look for.
Prints what gpg prints.
"""

import fcntl
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

from gateway.http.server import LibraryServer, server_tls

_SIOCSIFFLAGS, _UP_AND_RUNNING = 0x8914, 0x41  # netdevice(7)


def bring_loopback_up() -> None:
    """Without iproute2."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH", b"lo", _UP_AND_RUNNING))


def know_no_other_name() -> None:
    """A name server that answers every question: no such name (RFC 1035 §4.1.1, RCODE 3)."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    while True:
        question, asker = server.recvfrom(4096)
        server.sendto(question[:2] + b"\x81\x83" + question[4:6] + b"\0\0\0\0\0\0" + question[12:], asker)


def bind_over(octets: bytes, file: Path, place: str) -> None:
    """A file in the place of another, in this namespace only."""
    file.write_bytes(octets)
    subprocess.run(["mount", "--bind", str(file), place], check=True)


def main() -> None:
    """Serve, look up, print."""
    domain, public, tls, home, host, address = sys.argv[1:]
    bring_loopback_up()
    folder = Path(home)
    folder.mkdir(mode=0o700)
    bind_over(f"127.0.0.1 localhost {host}\n".encode(), folder / "hosts", "/etc/hosts")
    bind_over(b"nameserver 127.0.0.1\n", folder / "resolv.conf", "/etc/resolv.conf")
    threading.Thread(target=know_no_other_name, daemon=True).start()
    (folder / "dirmngr.conf").write_text(f"standard-resolver\nhkp-cacert {tls}/authority.pem\n")
    authorities = Path(tls, "authority.pem").read_bytes()
    bind_over(authorities, folder / "authorities.pem", "/etc/ssl/certs/ca-certificates.crt")
    context = server_tls(Path(tls, "certificate.pem"), Path(tls, "key.pem"))
    server = LibraryServer(("127.0.0.1", 443), Path(public), connections=8, tls=context)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    gpg = [
        "gpg",
        "--homedir",
        home,
        "--no-options",
        "--batch",
        "--with-colons",
        "--auto-key-locate",
        "clear,nodefault,wkd",
    ]
    done = subprocess.run(
        [*gpg, "--locate-external-keys", address], capture_output=True, text=True, check=False, timeout=50
    )
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)
    server.shutdown()
    print(f"{domain} {done.returncode}\n{done.stdout}")
    print(done.stderr, file=sys.stderr)


if __name__ == "__main__":
    main()
