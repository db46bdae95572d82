"""The Web Key Directory: what is in it, what is not, and that GnuPG finds it, by both methods."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import gnupg
import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.deployment import make_deployment
from gateway.http.site import answer
from gateway.settings import load_settings
from gateway.state import open_state
from gateway.wkd.files import WKD
from gateway.wkd.keeper import WkdKeeper
from keyring_admin.certificate_store import withdraw_certificate
from keyring_admin.database import write_transaction
from keyring_admin.web_key_directory import certificate_path, hashed_local_part

DOMAIN = "gsp.test"


class Deployment:
    """A deployment with two Parties and one officer, made by its commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "gw"
        self.fingerprint = make_deployment(
            self.folder, DOMAIN, pilot=True, submission_port=1465, starttls_port=1587, imap_port=1993
        ).fingerprint
        configuration = self.folder / "gsp.toml"
        configuration.write_text(configuration.read_text() + "\n[http]\nenabled = true\n")
        (folder / "gnupg").mkdir(mode=0o700)
        self.keyring = gnupg.GPG(gnupghome=str(folder / "gnupg"))
        self.readers = {code: self.party(code) for code in ("KE", "PK")}
        officer = self.certificate("Alice <alice@customs-ke.test>")
        self.run(
            "officers", "admit", "alice@customs-ke.test", "--party", "KE", "--role", "query", "--certificate", officer
        )

    def certificate(self, user_id: str) -> str:
        """A certificate file."""
        name, address = user_id.rstrip(">").split(" <")
        made = self.keyring.gen_key(
            "%no-protection\nKey-Type: eddsa\nKey-Curve: ed25519\nKey-Usage: cert,sign\nSubkey-Type: ecdh\n"
            f"Subkey-Curve: cv25519\nSubkey-Usage: encrypt\nName-Real: {name}\nName-Email: {address}\n"
            "Expire-Date: 1y\n%commit\n"
        )
        file = self.folder / f"{made.fingerprint}.asc"
        file.write_text(self.keyring.export_keys(made.fingerprint))
        return str(file)

    def party(self, code: str) -> str:
        """A Party admitted with its reading certificate; the fingerprint."""
        file = self.certificate(f"{code} <{code.lower()}@{DOMAIN}>")
        domain = f"customs-{code.lower()}.test"
        self.run("parties", "admit", code, code, "--domain", domain, "--reading-certificate", file)
        return Path(file).stem

    def run(self, *arguments: str) -> str:
        """A command of the gateway."""
        result = CliRunner().invoke(main, ["--config", str(self.folder / "gsp.toml"), *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    def keep(self) -> bool:
        """One look of the program that keeps the published directory."""
        settings = load_settings(self.folder / "gsp.toml")
        engine = open_state(settings)
        try:
            return WkdKeeper(settings, engine, "process").keep()
        finally:
            engine.dispose()


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """Made once; tests that change it come last."""
    with tempfile.TemporaryDirectory(prefix="gspw-", dir="/tmp") as folder:
        made = Deployment(Path(folder))
        assert made.keep()
        yield made
        for home in (Path(folder) / "gnupg", made.folder / "gnupg"):
            subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)


def test_the_hash_is_that_of_gnupg(deployment: Deployment) -> None:
    listed = subprocess.run(
        ["gpg", "--homedir", str(deployment.folder.parent / "gnupg"), "--with-wkd-hash", "--list-keys", f"ke@{DOMAIN}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f"{hashed_local_part('KE')}@{DOMAIN}" in listed.stdout  # the local part in lower case


def test_the_gateways_and_the_parties_are_there_and_no_officers(deployment: Deployment, tmp_path: Path) -> None:
    printed = deployment.run("keys", "wkd", "export", str(tmp_path / "www"))
    assert printed.count(deployment.fingerprint) == 4  # query@, resolve@, keys@, forms@
    files = [file for file in (tmp_path / "www").rglob("*") if file.is_file()]
    assert len(files) == 2 * (4 + 2 + 1)  # for both methods: the gateway's four, two Parties, the policy
    assert all(b"alice" not in file.read_bytes() for file in files)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o644}
    assert (tmp_path / "www/.well-known/openpgpkey/policy").read_bytes() == b""


def test_a_file_holds_one_certificate_with_the_user_id_of_its_address_only(deployment: Deployment) -> None:
    public = deployment.folder / "public" / WKD
    scanner = gnupg.GPG(gnupghome=str(deployment.folder.parent / "gnupg"))
    listing = scanner.scan_keys_mem((public / certificate_path(f"query@{DOMAIN}", advanced=False)).read_bytes())
    assert [key["fingerprint"] for key in listing] == [deployment.fingerprint]
    assert [user_id.rpartition("<")[2] for user_id in listing[0]["uids"]] == [f"query@{DOMAIN}>"]


def test_a_dry_run_writes_nothing_and_a_folder_with_something_else_is_refused(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment.run("keys", "wkd", "export", "--dry-run", str(tmp_path / "www"))
    assert not (tmp_path / "www").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    arguments = ["--config", str(deployment.folder / "gsp.toml"), "keys", "wkd", "export", str(tmp_path / "mine")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "something else" in result.output
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_the_http_server_answers_both_methods_and_nothing_beside(deployment: Deployment) -> None:
    public = deployment.folder / "public"
    expected = (public / WKD / certificate_path(f"ke@{DOMAIN}", advanced=False)).read_bytes()
    for advanced in (False, True):
        path = "/" + certificate_path(f"ke@{DOMAIN}", advanced=advanced)
        assert answer(public, "GET", f"{path}?l=KE").body == answer(public, "GET", path).body == expected
    assert answer(public, "GET", "/.well-known/openpgpkey/policy").status is HTTPStatus.OK
    for target in (
        "/" + certificate_path(f"alice@{DOMAIN}", advanced=False),
        "/.well-known/openpgpkey/hu/",
        "/.well-known/openpgpkey/../policy",
        "/.well-known/openpgpkey/../../wkd/.well-known/openpgpkey/policy",
        "/" + certificate_path(f"ke@{DOMAIN}", advanced=False) + "?x=1",
    ):
        assert answer(public, "GET", target).status is HTTPStatus.NOT_FOUND, target


@pytest.mark.parametrize("host", [DOMAIN, f"openpgpkey.{DOMAIN}"], ids=["direct", "advanced"])
def test_gnupg_locates_a_partys_certificate(deployment: Deployment, host: str) -> None:
    """Over HTTPS on port 443 of a network namespace of its own, where the domain has this one address."""
    script = Path(__file__).with_name("in_namespace.py")
    public, tls = deployment.folder / "public", deployment.folder / "tls"
    with tempfile.TemporaryDirectory(prefix="gspn-", dir="/tmp") as short:
        inside = [sys.executable, str(script), DOMAIN, str(public), str(tls), f"{short}/h", host, f"ke@{DOMAIN}"]
        done = subprocess.run(
            ["unshare", "--user", "--map-root-user", "--net", "--mount", "--", *inside],
            capture_output=True, text=True, check=False, timeout=90,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"fpr:::::::::{deployment.readers['KE']}:" in done.stdout, (done.stdout, done.stderr)


def test_what_is_no_longer_in_force_is_gone_at_the_next_look(deployment: Deployment) -> None:
    path = deployment.folder / "public" / WKD / certificate_path(f"pk@{DOMAIN}", advanced=True)
    assert path.exists()
    engine = open_state(load_settings(deployment.folder / "gsp.toml"))
    with write_transaction(engine) as connection:
        withdraw_certificate(connection, deployment.readers["PK"], now=datetime.now(UTC))
    engine.dispose()
    assert deployment.keep()
    assert not path.exists()
    assert not deployment.keep(), "nothing changed since"
