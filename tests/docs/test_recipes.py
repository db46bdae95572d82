"""What pages give to copy works: the steps that verify a seal."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.delivered_mail import DeliveredEnvelope, head_and_tail
from gateway.seal import Seal, make_seal
from gateway.signing import GatewaySigner, base64_text
from keyring_admin.gateway_key import create_gateway_certificate, export_certificate, export_secret_subkeys
from keyring_admin.openpgp.armor import enarmor
from mailroom.intake import Presentation

from .pages import ROOT, Block, blocks

NOW = datetime(2026, 11, 21, 11, 16, 46, tzinfo=UTC)
BODY = bytes([0xD2, 0xC0, 0x60]) + bytes(range(256)) + bytes(32)  # any octets: only their hash counts here


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gspd-", dir="/tmp"))
    yield folder
    subprocess.run(["gpgconf", "--homedir", str(folder), "--kill", "all"], check=False, capture_output=True)
    shutil.rmtree(folder)


def only_block(page: str, language: str) -> Block:
    (found,) = [block for block in blocks(ROOT / "docs" / page) if block.language == language]
    return found


def delivered_mail(signer: GatewaySigner, fingerprint: str, certificate: bytes) -> bytes:
    seal = Seal(
        exchange="2XD4Q4XCKXGPBWEK3MKZP99AGM",
        message_class="reply",
        mode="sealed",
        sending_party="EU",
        receiving_party="KE",
        requesting_party="KE",
        sender=fingerprint,
        body_sha256=sha256(BODY).hexdigest(),
        library_version=2,
        rules_passed=("mail-is-encrypted", "sender-is-active", "recipients-are-allowed"),
        log_position=7,
        sealed_at=NOW,
    )
    envelope = DeliveredEnvelope(
        domain="gsp.test",
        pilot=False,
        message_class="reply",
        token="7F3K-9Q2M",  # of an exchange
        sender_address="bruno@olaf.eu.test",
        sending_party="EU",
        receiving_party="KE",
        accepted_at=NOW,
        message_id="<7f3k-9q2m.00@gsp.test>",
        earlier_message_ids=(),
        seal=make_seal(seal, signer),
        autocrypt=base64_text(certificate),
        boundary="=_boundary",
    )
    head, tail = head_and_tail(envelope, Presentation.MIME)
    return head + enarmor(BODY) + tail


def run_recipe(folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    script = "set -e -o pipefail\n" + only_block("wire.md", "sh").text
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "GNUPGHOME": str(home), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_steps_that_verify_a_seal_accept_a_good_one_and_refuse_a_changed_one(home: Path, tmp_path: Path) -> None:
    fingerprint = create_gateway_certificate(home, ["query@gsp.test"], label="GSP gateway")
    certificate = export_certificate(home, fingerprint)
    mail = delivered_mail(GatewaySigner(export_secret_subkeys(home, fingerprint)), fingerprint, certificate)
    (tmp_path / "mail.eml").write_bytes(mail)
    good = run_recipe(tmp_path, home)
    assert good.returncode == 0, good.stderr
    assert "Good signature" in good.stderr
    digest, statement = good.stdout.split("\n")[:2]
    assert digest.split()[0] == statement.removeprefix("h=") == sha256(BODY).hexdigest()

    assert mail.count(b" t=KE;") == 1
    (tmp_path / "mail.eml").write_bytes(mail.replace(b" t=KE;", b" t=PK;"))
    changed = run_recipe(tmp_path, home)
    assert changed.returncode != 0
    assert "BAD signature" in changed.stderr
