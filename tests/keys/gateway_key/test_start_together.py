"""Programs that start at the same moment all get the secret subkeys: none loses its agent to another."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from keyring_admin.gateway_key import create_gateway_certificate, export_secret_subkeys


def test_many_read_the_secret_subkeys_at_once() -> None:
    with tempfile.TemporaryDirectory(prefix="gspg-", dir="/tmp") as folder:
        home = Path(folder) / "gnupg"
        fingerprint = create_gateway_certificate(home, ["query@gsp.test"], label="GSP gateway")
        with ThreadPoolExecutor(8) as programs:
            found = list(programs.map(lambda _: export_secret_subkeys(home, fingerprint).octets, range(24)))
    assert len(set(found)) == 1
    assert len(found[0]) > 500
