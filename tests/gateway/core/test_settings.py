"""The configuration: every error names the file, the key and the value expected."""

from pathlib import Path

import pytest

from gateway.settings import SettingsError, load_settings

GOOD = f'[gateway]\ndomain = "gsp.example.org"\nfingerprint = "{"A" * 40}"\n'


def write(folder: Path, text: str) -> Path:
    file = folder / "gsp.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_defaults_fill_what_is_left_out_and_paths_start_at_the_file(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, GOOD))
    assert settings.database_url == f"sqlite:///{tmp_path}/gateway.db"
    assert settings.gnupg_home == tmp_path / "gnupg"
    assert settings.path(settings.submission.key) == tmp_path / "tls/key.pem"
    assert not settings.gateway.pilot
    assert settings.submission.starttls_port == 10587


def test_another_database_url_stays_as_it_is(tmp_path: Path) -> None:
    text = GOOD + '[database]\nurl = "postgresql+psycopg://gsp@db/gsp"\n'
    assert load_settings(write(tmp_path, text)).database_url == "postgresql+psycopg://gsp@db/gsp"


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("[gateway]\n", "gateway.domain", "missing"),
        ('[gateway]\ndomain = "gsp.example.org"\n', "gateway.fingerprint", "missing"),
        (GOOD.replace("A" * 40, "A" * 16), "gateway.fingerprint", "string should match pattern"),
        (GOOD.replace("gsp.example.org", "nowhere"), "gateway.domain", "expected a mail domain"),
        (GOOD.replace("gsp.example.org", "gsp.test"), "gateway.domain", "special_use_domains"),
        (GOOD + "pilot = 7\n", "gateway.pilot", "boolean"),
        (GOOD + "colour = 7\n", "gateway.colour", "unknown key"),
        (GOOD + "[submisson]\n", "submisson", "unknown key"),
        (GOOD + "[submission]\nstarttls_port = 70000\n", "submission.starttls_port", "less than or equal to 65535"),
        (GOOD + '[submission]\nhost = "localhost"\n', "submission.host", "expected an IP address"),
        (GOOD + "[submission]\nsize_limit = 1\n", "submission.size_limit", "greater than or equal to 65536"),
        (GOOD + "[policy]\nslip_days = 31\n", "policy.slip_days", "less than or equal to 30"),
        (GOOD + "[delivery]\nlease_seconds = 0\n", "delivery.lease_seconds", "greater than 0"),
        (GOOD + '[openers]\nprocesses = "many"\n', "openers.processes", "valid integer"),
    ],
)
def test_every_error_names_file_key_and_expectation(tmp_path: Path, text: str, key: str, words: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as error:
        load_settings(file)
    lines = str(error.value).splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines)
    assert any(line.startswith(f"{file}: {key}: ") and words in line for line in lines)


def test_several_errors_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(write(tmp_path, "[gateway]\n[submission]\nsessions = 0\n"))
    assert len(str(error.value).splitlines()) == 3


@pytest.mark.parametrize("octets", [b"[gateway\n", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, octets: bytes | None) -> None:
    file = tmp_path / "gsp.toml"
    if octets is not None:
        file.write_bytes(octets)
    with pytest.raises(SettingsError, match=str(file)):
        load_settings(file)
