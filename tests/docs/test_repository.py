"""What may not be in the repository: secret keys, unpinned packages, code that the linter is told to pass over."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from .pages import ROOT

# A whole block of armor, not a word about it.
SECRET_KEY = re.compile(
    rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----\r?\n(?:[A-Za-z]+: .*\r?\n)*\r?\n?[A-Za-z0-9+/=]{40}"
)
_PASSED_OVER = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
PACKAGES = ("gateway", "mailroom", "keyring_admin", "forms", "pattern_rules")


def files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.is_symlink() or entry.name in _PASSED_OVER:
            continue
        if entry.is_dir():
            yield from files(entry)
        elif entry.is_file():
            yield entry


def test_no_secret_key_is_in_the_repository() -> None:
    """PRIV-27: tests make their keys and throw them away."""
    assert [str(file.relative_to(ROOT)) for file in files(ROOT) if SECRET_KEY.search(file.read_bytes())] == []


def test_a_secret_key_would_be_found() -> None:
    text = b"-----BEGIN %s PRIVATE KEY%s-----\n%s" + b"QUJD" * 16 + b"\n"
    for kind, block, header in ((b"PGP", b" BLOCK", b"Comment: x\n\n"), (b"PGP", b" BLOCK", b"\n"), (b"RSA", b"", b"")):
        assert SECRET_KEY.search(text % (kind, block, header)), kind
    assert SECRET_KEY.search(b"-----BEGIN PRIVATE KEY-----\r\n" + b"QUJD" * 16)


def test_sql_made_of_text_and_pickled_data_are_refused_by_the_linter() -> None:
    """SYS-02, SYS-08: ruff's S608 and S301, S302, S403, S506, in all of the gateway, passed over nowhere."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    assert {rule for rule in lint["ignore"] if re.fullmatch(r"S\d*", rule)} <= {"S603", "S607"}
    assert set(lint["per-file-ignores"]) == {"tests/**", "bench/**"}
    passed_over = re.compile(r"noqa: .*\b(?:S608|S301|S302|S403|S506)\b")
    code = [file for package in PACKAGES for file in files(ROOT / package) if file.suffix == ".py"]
    assert len(code) > 100
    assert [file.name for file in code if passed_over.search(file.read_text(encoding="utf-8"))] == []


def test_no_pattern_of_somebody_else_runs_inside_the_database() -> None:
    """SYS-03: SQLite calls a function of ours for REGEXP; there is none."""
    for package in PACKAGES:
        for file in files(ROOT / package):
            if file.suffix == ".py":
                assert not re.search(r"create_function|REGEXP|regexp_match", file.read_text(encoding="utf-8")), file


def test_every_package_is_pinned_with_its_hash() -> None:
    """SYS-09."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^([a-z0-9._-]+)==(\S+)(.*)\n(    --hash=sha256:[0-9a-f]{64})", lock, re.MULTILINE)
    names = re.findall(r"^[a-zA-Z0-9]", lock, re.MULTILINE)
    assert len(pinned) == len(names) > 50
