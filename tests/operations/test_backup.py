"""The file itself: what is in it, who can read it, and what is refused on the way back."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import gnupg
import pytest

from gateway.backup import destination, reading, restoring
from gateway.backup.manifest import MANIFEST
from gateway.backup.problem import BackupError
from gateway.backup.reading import read_backup
from gateway.backup.restoring import check_backup, restore_backup
from gateway.deployment import make_deployment
from keyring_admin.database import open_database, write_transaction

PLENTY = 1 << 40


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # A short path: GnuPG puts sockets below it.
    folder = Path(tempfile.mkdtemp(prefix="gspo-", dir="/tmp"))
    yield folder
    subprocess.run(["gpgconf", "--homedir", str(folder / "gw" / "gnupg"), "--kill", "all"], check=False)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def deployment(folder: Path) -> Path:
    ports = {"submission_port": 10465, "starttls_port": 10587, "imap_port": 10993}
    made = make_deployment(folder / "gw", "gsp.test", pilot=True, **ports)
    storage = made.folder / "mail" / "officers" / "a" / "mdbox" / "storage"
    storage.mkdir(parents=True)
    (storage / "m.1").write_bytes(os.urandom(3000))
    (made.folder / "run").mkdir()
    (made.folder / "run" / "stale.sock").write_bytes(b"")
    return made.folder


def gsp(*words: str | Path, config: Path | None = None, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
    start = [sys.executable, "-m", "gateway", *(["--config", str(config)] if config else [])]
    done = subprocess.run([*start, *map(str, words)], input=stdin, capture_output=True, check=False)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture(scope="module")
def plain(folder: Path, deployment: Path) -> Path:
    done = gsp("backup", "--plain", folder / "plain.tar", config=deployment / "gsp.toml")
    assert done.returncode == 0, done.stderr
    return folder / "plain.tar"


def files_of(folder: Path) -> dict[str, bytes]:
    names = (path for path in folder.rglob("*") if path.is_file() and "run" not in path.relative_to(folder).parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in names}


def test_it_holds_every_file_and_gives_each_back(deployment: Path, plain: Path, folder: Path) -> None:
    done = gsp("restore", plain, folder / "back")
    assert done.returncode == 0, done.stderr
    before, after = files_of(deployment), files_of(folder / "back")
    ignored = {"gateway.db", "gateway.db-wal", "gateway.db-shm", "gnupg/random_seed"}
    assert {name for name in before if name not in ignored} == after.keys() - ignored
    assert {name: after[name] for name in after.keys() - ignored} == {
        name: before[name] for name in before.keys() - ignored
    }
    for path in (folder / "back", *(folder / "back").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    checked = gsp("config", "check", config=folder / "back" / "gsp.toml")
    assert checked.returncode == 0, checked.stderr
    assert "1. gsp --config" in done.stdout
    log = gsp("log", "--format", "csv", config=folder / "back" / "gsp.toml").stdout
    assert "restored" in log


def test_it_is_for_the_account_only_and_nothing_else_is_left(plain: Path, deployment: Path) -> None:
    assert plain.stat().st_mode & 0o777 == 0o600
    assert list(plain.parent.glob("*.part")) == []
    assert [path.name for path in (deployment / "run").iterdir()] == ["stale.sock"]
    with tarfile.open(plain) as archive:
        names = archive.getnames()
    assert names[0] == "gateway.db"  # before the mailboxes
    assert names[-1] == MANIFEST
    assert names.index("mail/officers/a/mdbox/storage/m.1") == len(names) - 2
    assert not [name for name in names if name.startswith("run")]


def test_nobody_makes_a_plain_one_by_mistake(folder: Path, deployment: Path, plain: Path) -> None:
    done = gsp("backup", folder / "none.tar", config=deployment / "gsp.toml")
    assert done.returncode == 2
    assert "--plain" in done.stderr
    assert not (folder / "none.tar").exists()
    loud = gsp("backup", "--plain", folder / "loud.tar", config=deployment / "gsp.toml")
    assert "SECRET KEYS" in loud.stderr
    with tarfile.open(plain) as archive:  # it is true: the secret keys are in it
        assert [name for name in archive.getnames() if name.startswith("gnupg/private-keys-v1.d/")]


def test_an_encrypted_one_opens_with_the_key_that_is_kept_elsewhere(folder: Path, deployment: Path) -> None:
    home = folder / "safe"
    home.mkdir(mode=0o700)
    keyring = gnupg.GPG(gnupghome=str(home))
    made = keyring.gen_key(
        "%no-protection\nKey-Type: eddsa\nKey-Curve: ed25519\nSubkey-Type: ecdh\nSubkey-Curve: cv25519\n"
        "Name-Email: backup@example.org\n%commit\n"
    )
    certificate = folder / "backup.asc"
    certificate.write_text(keyring.export_keys(made.fingerprint), encoding="ascii")
    file = folder / "backup.tar.gpg"
    done = gsp("backup", "--to", certificate, file, config=deployment / "gsp.toml")
    assert done.returncode == 0, done.stderr
    assert "SECRET" not in done.stderr
    octets = file.read_bytes()
    assert b"ustar" not in octets
    assert b"gsp.toml" not in octets
    assert file.stat().st_mode & 0o777 == 0o600
    decrypt = ["gpg", "--batch", "--quiet", "--homedir", str(home), "--decrypt", str(file)]
    opened = subprocess.run(decrypt, capture_output=True, check=True).stdout
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
    assert gsp("restore", "-", folder / "from-encrypted", stdin=opened).returncode == 0
    assert (folder / "from-encrypted" / "gsp.toml").exists()

    nonsense = folder / "nonsense.asc"
    nonsense.write_text("no certificate", encoding="ascii")
    refused = gsp("backup", "--to", nonsense, folder / "other.tar.gpg", config=deployment / "gsp.toml")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert not list(folder.glob("other.tar.gpg*"))


def test_a_dry_run_reads_all_and_writes_nothing(plain: Path, folder: Path) -> None:
    done = gsp("restore", "--dry-run", plain, folder / "nowhere")
    assert done.returncode == 0
    assert "good" in done.stdout
    assert not (folder / "nowhere").exists()


def test_no_file_and_no_folder_is_overwritten(plain: Path, folder: Path, deployment: Path) -> None:
    again = gsp("backup", "--plain", plain, config=deployment / "gsp.toml")
    assert again.returncode == 1
    assert "exists already" in again.stderr
    full = gsp("restore", plain, deployment)
    assert full.returncode == 1
    assert "not empty" in full.stderr
    inside = gsp("backup", "--plain", deployment / "inside.tar", config=deployment / "gsp.toml")
    assert inside.returncode == 1
    assert not (deployment / "inside.tar").exists()


def test_an_interrupted_backup_leaves_no_file(folder: Path) -> None:
    with pytest.raises(RuntimeError), destination.whole_file(folder / "half.tar", None) as sink:  # noqa: PT012
        sink.write(b"half")
        raise RuntimeError
    assert not list(folder.glob("half.tar*"))


# What comes back may be anything


def changed(plain: Path, change: Callable[[tarfile.TarFile, tarfile.TarInfo, bytes], None]) -> io.BytesIO:
    """The backup, member by member as `change` writes it."""
    out = io.BytesIO()
    with tarfile.open(plain) as source, tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as target:
        for member in source:
            content = source.extractfile(member)
            assert content is not None
            change(target, member, content.read())
    return io.BytesIO(out.getvalue())


def add(archive: tarfile.TarFile, name: str, octets: bytes = b"x") -> None:
    member = tarfile.TarInfo(name)
    member.size = len(octets)
    archive.addfile(member, io.BytesIO(octets))


def special(kind: bytes, name: str = "gnupg/link", to: str = "/etc/passwd") -> Callable[[tarfile.TarFile], None]:
    def write(archive: tarfile.TarFile) -> None:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, to
        archive.addfile(member)

    return write


HOSTILE: dict[str, Callable[[tarfile.TarFile], None]] = {
    "a symbolic link": special(tarfile.SYMTYPE),
    "a hard link": special(tarfile.LNKTYPE),
    "a device": special(tarfile.CHRTYPE),
    "a pipe": special(tarfile.FIFOTYPE),
    "a folder": special(tarfile.DIRTYPE, "mail/x"),
    "a way out": lambda archive: add(archive, "../outside"),
    "a way out in the middle": lambda archive: add(archive, "mail/../../outside"),
    "an absolute path": lambda archive: add(archive, "/tmp/outside"),
    "a path with a control character": lambda archive: add(archive, "mail/a\nb"),
    "another spelling of a path": lambda archive: add(archive, "mail//a"),
    "a name a second time": lambda archive: add(archive, "gsp.toml"),
    "a file below a file": lambda archive: add(archive, "gsp.toml/x"),
    "a long name, in a header of its own": lambda archive: add(archive, "mail/" + "a" * 300),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_plain_file_of_the_deployment_is_refused(plain: Path, tmp_path: Path, name: str) -> None:
    def change(archive: tarfile.TarFile, member: tarfile.TarInfo, octets: bytes) -> None:
        if member.name == MANIFEST:
            HOSTILE[name](archive)
        add(archive, member.name, octets)

    with pytest.raises(BackupError):
        restore_backup(changed(plain, change), tmp_path / "new" / "gw")
    assert not (tmp_path / "new" / "gw").exists()
    assert not list(tmp_path.glob("**/outside"))
    assert not Path("/tmp/outside").exists()


def test_a_backup_that_nobody_changed_passes_the_same_way(plain: Path, tmp_path: Path) -> None:
    same = changed(plain, lambda archive, member, octets: add(archive, member.name, octets))
    assert restore_backup(same, tmp_path / "gw").manifest.domain == "gsp.test"


def test_an_extended_header_is_refused_before_it_is_read(plain: Path) -> None:
    member = tarfile.TarInfo("mail/x")
    member.pax_headers = {"comment": "x" * 1000}
    header = member.tobuf(tarfile.PAX_FORMAT)
    with pytest.raises(BackupError, match="something else"):
        check_backup(io.BytesIO(header + plain.read_bytes()))


@pytest.mark.parametrize("name", ["gsp.toml", "gateway.db", "mail/officers/a/mdbox/storage/m.1"])
def test_one_changed_bit_anywhere_is_noticed(plain: Path, tmp_path: Path, name: str) -> None:
    def change(archive: tarfile.TarFile, member: tarfile.TarInfo, octets: bytes) -> None:
        if member.name == name:
            octets = bytes([octets[0] ^ 1]) + octets[1:]
        add(archive, member.name, octets)

    with pytest.raises(BackupError, match="damaged: 1 of"):
        restore_backup(changed(plain, change), tmp_path / "gw")
    assert not (tmp_path / "gw").exists()


def test_a_missing_file_is_noticed(plain: Path) -> None:
    def change(archive: tarfile.TarFile, member: tarfile.TarInfo, octets: bytes) -> None:
        if member.name != "library.toml":
            add(archive, member.name, octets)

    with pytest.raises(BackupError, match="damaged: 1 of"):
        check_backup(changed(plain, change))


def test_a_backup_that_ends_too_early_is_noticed(plain: Path) -> None:
    octets = plain.read_bytes()
    for end in (0, 100, 512, len(octets) // 2, len(octets) - 20_000):
        with pytest.raises(BackupError):
            check_backup(io.BytesIO(octets[:end]))
    with pytest.raises(BackupError):
        check_backup(io.BytesIO(os.urandom(5000)))


def test_sizes_are_bounded_before_anything_is_read(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(limit: int) -> None:
        read_backup(io.BytesIO(plain.read_bytes()), lambda _path, _size: None, octets_limit=limit)

    read(PLENTY)
    with pytest.raises(BackupError, match="larger than"):
        read(10_000)
    monkeypatch.setattr(reading, "FILES_LIMIT", 3)
    with pytest.raises(BackupError, match="too many files"):
        read(PLENTY)
    monkeypatch.undo()
    monkeypatch.setattr(reading, "MANIFEST_LIMIT", 100)
    with pytest.raises(BackupError):
        read(PLENTY)


@pytest.mark.parametrize(
    "manifest",
    [b"", b"[]", b"{}", b'{"format": 2}', b"[" * 100_000, b'{"format": 1, "made_at": "x", "files": []}', b"\xff"],
)
def test_a_manifest_that_is_none_is_refused(plain: Path, manifest: bytes) -> None:
    def change(archive: tarfile.TarFile, member: tarfile.TarInfo, octets: bytes) -> None:
        add(archive, member.name, manifest if member.name == MANIFEST else octets)

    with pytest.raises(BackupError):
        check_backup(changed(plain, change))


def test_a_backup_of_a_newer_version_is_refused_and_of_an_older_one_needs_an_upgrade(
    plain: Path, deployment: Path, folder: Path
) -> None:
    def of_schema(schema: str) -> io.BytesIO:
        def change(archive: tarfile.TarFile, member: tarfile.TarInfo, octets: bytes) -> None:
            if member.name == MANIFEST:
                octets = json.dumps({**json.loads(octets), "schema": schema}).encode()
            add(archive, member.name, octets)

        return changed(plain, change)

    with pytest.raises(BackupError, match="newer"):
        check_backup(of_schema("9999"))
    assert restore_backup(of_schema("0003"), folder / "older").upgrade_needed
    assert not restore_backup(of_schema(restoring.current_schema()), folder / "current").upgrade_needed


def test_an_existing_empty_folder_stays_when_nothing_came_of_it(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError):
        restore_backup(io.BytesIO(plain.read_bytes()[:20_000]), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_writer_at_work_does_not_disturb_the_copy(deployment: Path, folder: Path) -> None:
    engine = open_database(f"sqlite:///{deployment / 'gateway.db'}")
    with write_transaction(engine) as connection:
        connection.exec_driver_sql("UPDATE certificates SET purpose = 'other'")
        done = gsp("backup", "--plain", folder / "busy.tar", config=deployment / "gsp.toml")
        assert done.returncode == 0, done.stderr
        connection.rollback()
    engine.dispose()
    restore_backup((folder / "busy.tar").open("rb"), folder / "busy")
    copy = open_database(f"sqlite:///{folder / 'busy' / 'gateway.db'}")
    with copy.connect() as connection:
        assert connection.exec_driver_sql("SELECT purpose FROM certificates").scalars().all() == ["gateway"]
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    copy.dispose()
