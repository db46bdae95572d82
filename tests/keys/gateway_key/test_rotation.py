"""The gateway's encryption subkey: a successor each month, an overlap, and then a secret that is nowhere any more."""

import asyncio
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.deployment import make_deployment
from gateway.edge.key_watch import KeyWatch
from gateway.key_life.gateway_rotation import RotationPlan, carry_out, plan_rotation
from gateway.opener.pool import OpenerPool
from gateway.settings import Settings, load_settings
from gateway.state import open_state
from keyring_admin.certificate_store import gateway_certificates
from keyring_admin.gateway_key import (
    OVERLAP,
    ROTATION,
    EncryptionSubkey,
    encryption_subkeys,
    export_secret_subkeys,
)
from keyring_admin.key_log.chain import verify_entries
from keyring_admin.key_log.log import entries
from keyring_admin.openpgp.opening import OpeningKey, UnopenableError

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TEXT = b"the routing slip"


def subkey(days_old: int, *, secret: bool = True) -> EncryptionSubkey:
    made = NOW - timedelta(days=days_old)
    return EncryptionSubkey("A" * 40, "B" * 40, made, made + ROTATION + OVERLAP, secret)


@pytest.mark.parametrize(
    ("ages", "make", "destroy"),
    [
        ([0], False, 0),
        ([29], False, 0),
        ([30], True, 0),
        ([30, 0], False, 0),
        ([60, 30, 0], False, 1),
        ([200], True, 1),  # a gateway that was switched off for long
        ([], True, 0),
    ],
)
def test_what_is_due(ages: list[int], *, make: bool, destroy: int) -> None:
    plan = plan_rotation([subkey(age) for age in ages], NOW)
    assert (plan.make, len(plan.destroy)) == (make, destroy)


def test_what_was_destroyed_is_not_destroyed_again_and_counts_for_nothing() -> None:
    assert plan_rotation([subkey(70, secret=False), subkey(1)], NOW).empty
    assert plan_rotation([subkey(1, secret=False)], NOW).make


@pytest.fixture
def settings() -> Iterator[Settings]:
    """A deployment in a short folder."""
    with tempfile.TemporaryDirectory(prefix="gspr-", dir="/tmp") as folder:
        home = Path(folder) / "gw"
        make_deployment(home, "gsp.test", pilot=True, submission_port=1465, starttls_port=1587, imap_port=1993)
        yield load_settings(home / "gsp.toml")


def subkeys(settings: Settings) -> list[EncryptionSubkey]:
    return encryption_subkeys(settings.gnupg_home, settings.gateway.fingerprint)


def encrypted_to(settings: Settings, key: EncryptionSubkey) -> bytes:
    """By GnuPG, to this subkey alone."""
    home = ["--homedir", str(settings.gnupg_home), "--no-options", "--batch", "--quiet", "--trust-model", "always"]
    done = subprocess.run(
        ["gpg", *home, "--no-auto-key-locate", "--recipient", f"{key.fingerprint}!", "--encrypt"],
        input=TEXT, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout


def opens(settings: Settings, message: bytes) -> bool:
    """With what the programs would load now."""
    secret = export_secret_subkeys(settings.gnupg_home, settings.gateway.fingerprint)
    try:
        return OpeningKey(secret.octets).open(message, limit=1024).data == TEXT
    except UnopenableError:
        return False


def gsp(settings: Settings, *arguments: str) -> str:
    result = CliRunner().invoke(main, ["--config", str(settings.folder / "gsp.toml"), *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_new_deployment_has_one_that_lasts_a_month_and_the_overlap(settings: Settings) -> None:
    (only,) = subkeys(settings)
    assert only.expires_at - only.created_at == ROTATION + OVERLAP
    assert only.secret
    assert "no new encryption subkey is due" in gsp(settings, "keys", "gateway", "rotate")
    assert len(subkeys(settings)) == 1


def test_both_open_during_the_overlap_and_the_old_one_never_again(settings: Settings) -> None:
    (old,) = subkeys(settings)
    before = encrypted_to(settings, old)
    certificate = settings.path("gateway-certificate.asc").read_bytes()

    assert "is due" in gsp(settings, "keys", "gateway", "rotate", "--at-once", "--dry-run")
    assert len(subkeys(settings)) == 1
    time.sleep(1.1)  # OpenPGP's time has seconds: made in the same one, both would end together
    gsp(settings, "keys", "gateway", "rotate", "--at-once")
    new = next(each for each in subkeys(settings) if each.fingerprint != old.fingerprint)
    after = encrypted_to(settings, new)
    assert opens(settings, before)
    assert opens(settings, after)
    assert settings.path("gateway-certificate.asc").read_bytes() != certificate
    engine = open_state(settings)
    with engine.connect() as connection:
        (mine,) = gateway_certificates(connection)
        assert len(mine.encryption_key_ids(datetime.now(UTC))) == 2
        assert len(mine.encryption_key_ids(old.expires_at)) == 1, "the rules know only the new one"

    carry_out(settings, engine, RotationPlan(make=False, destroy=(old,)), datetime.now(UTC))
    assert not opens(settings, before)
    assert opens(settings, after)
    assert not list(settings.gnupg_home.rglob(f"{old.keygrip}*")), "its file is gone"
    gone = next(each for each in subkeys(settings) if each.fingerprint == old.fingerprint)
    assert not gone.secret
    assert "destroyed" in gsp(settings, "keys", "gateway", "show")
    with engine.connect() as connection:
        every = list(entries(connection))
    engine.dispose()
    assert [entry.act for entry in every][-2:] == ["gateway-key-made", "gateway-key-destroyed"]
    assert old.fingerprint in every[-1].details
    verify_entries(every)


def test_the_secret_is_found_on_disk_before_and_nowhere_after(settings: Settings) -> None:
    (old,) = subkeys(settings)
    file = settings.gnupg_home / "private-keys-v1.d" / f"{old.keygrip}.key"
    octets = file.read_bytes()
    found = re.search(rb"\(d ?\s*#([0-9A-Fa-f\s]{40})|1:d32:(.{32})", octets, re.DOTALL)
    assert found is not None, octets[:20]
    secret = found[1] or found[2]
    assert [each for each in settings.folder.rglob("*") if each.is_file() and secret in each.read_bytes()] == [file]
    gsp(settings, "keys", "gateway", "rotate", "--at-once")
    engine = open_state(settings)
    carry_out(settings, engine, RotationPlan(make=False, destroy=(old,)), datetime.now(UTC))
    engine.dispose()
    assert not [each for each in settings.folder.rglob("*") if each.is_file() and secret in each.read_bytes()]


def test_the_workers_of_a_running_edge_take_up_the_new_subkey(settings: Settings) -> None:
    engine = open_state(settings)

    async def rotate_under_a_pool() -> None:
        loaded = []

        def load() -> object:
            loaded.append(export_secret_subkeys(settings.gnupg_home, settings.gateway.fingerprint))
            return loaded[-1]

        pool = OpenerPool(load(), processes=1, timeout=20, memory_mebibytes=512)  # type: ignore[arg-type]
        watch = KeyWatch(engine, pool, load, "edge")  # type: ignore[arg-type]
        await pool.start()
        try:
            (first,) = pool.pids
            assert not await watch.look(), "nothing has changed"
            await asyncio.to_thread(gsp, settings, "keys", "gateway", "rotate", "--at-once")
            assert await watch.look()
            assert not await watch.look()
            await pool.refresh()
            (second,) = pool.pids
            assert second != first
            assert len(loaded) == 2
        finally:
            await pool.stop()

    asyncio.run(rotate_under_a_pool())
    engine.dispose()


def test_a_longer_life_keeps_the_fingerprint(settings: Settings) -> None:
    assert "would let" in gsp(settings, "keys", "gateway", "renew")
    gsp(settings, "keys", "gateway", "renew", "--yes")
    engine = open_state(settings)
    with engine.connect() as connection:
        (mine,) = gateway_certificates(connection)
    engine.dispose()
    assert mine.fingerprint == settings.gateway.fingerprint
    ends = mine.keys[0].expires_at
    assert ends is not None
    assert ends > datetime.now(UTC) + timedelta(days=1090)


def test_a_subkey_of_another_home_is_not_touched(settings: Settings) -> None:
    """A keygrip that is no file name."""
    (old,) = subkeys(settings)
    outside = settings.folder / "precious.key"
    outside.write_bytes(b"precious")
    with pytest.raises(Exception, match="keygrip"):
        carry_out(
            settings,
            open_state(settings),
            RotationPlan(make=False, destroy=(replace(old, keygrip="../../precious"),)),
            datetime.now(UTC),
        )
    assert outside.read_bytes() == b"precious"
