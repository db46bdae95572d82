"""`gsp keys import`: many officers at once; one bad certificate stops no other; it can be run again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pysequoia
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, insert

from bench.certificate_maker import certification, certified, make_certificate, make_key, packet
from gateway.cli.context import Deployment
from gateway.cli.main import main
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.officers import Admission, admit_officer
from keyring_admin.acts.parties import admit_party
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.administration_schema import administrator_domains, administrators, root_certificates
from keyring_admin.certificate_store import find_certificate
from keyring_admin.chain.derive import derive_access
from keyring_admin.chain_state import ChainState
from keyring_admin.database import write_transaction
from keyring_admin.key_log.chain import verify_entries
from keyring_admin.key_log.log import entries
from keyring_admin.officers import Role, find_officer, list_officers
from keyring_admin.openpgp.armor import ArmorKind, enarmor
from keyring_admin.parties import Party
from keyring_admin.people import list_people

NOW = datetime.now(UTC)
CREATED = int((NOW - timedelta(days=10)).timestamp())
RULES = DirectoryRules(gateway_domain="gsp.test", special_use_domains=True)
ROOT, ADMINISTRATOR = make_key(CREATED), make_key(CREATED)


def officer(number: int, *, by: object = ADMINISTRATOR, **options: int) -> bytes:
    key = make_key(CREATED)
    user_id = f"Officer {number} <o{number}@customs.ke.test>".encode()
    signature = certification(ADMINISTRATOR, key, user_id, CREATED + 20) if by is ADMINISTRATOR else b""
    return certified(make_certificate(key, user_id, **options), user_id, signature)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment with a root and an administrator in force."""
    made = CliRunner().invoke(main, ["init", str(tmp_path / "d"), "--domain", "gsp.test", "--pilot"])
    assert made.exit_code == 0, made.output
    monkeypatch.chdir(tmp_path / "d")
    engine = Deployment(tmp_path / "d" / "gsp.toml").engine()
    with write_transaction(engine) as connection:
        admit_party(
            connection,
            CUSTODIAN,
            Party("KE", "Kenya", NOW.date(), None, True, ("customs.ke.test",)),
            rules=RULES,
            now=NOW,
        )
        root = make_certificate(ROOT, b"Root <root@secretariat.test>")
        values = {"fingerprint": ROOT.fingerprint.hex().upper(), "octets": root, "installed_at": NOW}
        connection.execute(insert(root_certificates).values(**values))
        user_id = b"Admin <admin@customs.ke.test>"
        own = certified(
            make_certificate(ADMINISTRATOR, user_id),
            user_id,
            certification(ROOT, ADMINISTRATOR, user_id, CREATED + 10, scope="customs.ke.test"),
        )
        admission = Admission("admin@customs.ke.test", "KE", own, "$argon2id$", frozenset({Role.QUERY}))
        admitted = admit_officer(connection, CUSTODIAN, admission, rules=RULES, now=NOW)
        number = connection.execute(
            insert(administrators)
            .values(officer=admitted.id, party="KE", appointed_at=NOW)
            .returning(administrators.c.id)
        ).scalar_one()
        connection.execute(insert(administrator_domains).values(administrator=number, domain="customs.ke.test"))
        derive_access(connection, now=NOW, special_use_domains=True)
    engine.dispose()
    return tmp_path / "d"


def engine_of(folder: Path) -> Engine:
    return Deployment(folder / "gsp.toml").engine()


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["keys", "import", *map(str, arguments)])


def table(folder: Path, *numbers: int, party: str = "KE", roles: str = "query reply") -> Path:
    file = folder / "officers.csv"
    lines = [f"o{number}@customs.ke.test,{party},{roles},fr" for number in numbers]
    file.write_text("\n".join(["address,party,roles,language", *lines, ""]), encoding="utf-8")
    return file


def test_good_ones_come_in_bad_ones_are_named_and_it_can_be_run_again(folder: Path) -> None:
    certificates = folder / "certificates"
    certificates.mkdir()
    v6 = bytes(pysequoia.Tsk.generate("o9@customs.ke.test", profile=pysequoia.Profile.RFC9580).extract_certificate())
    (certificates / "many.gpg").write_bytes(officer(1) + v6 + officer(2) + packet(6, b"\x03" + bytes(12)) + officer(3))
    (certificates / "four.asc").write_bytes(enarmor(officer(4, by=None), ArmorKind.PUBLIC_KEY))
    (certificates / "five.asc").write_bytes(enarmor(officer(5, hash_algorithm=2), ArmorKind.PUBLIC_KEY))
    (certificates / "readme.txt").write_text("not a certificate", encoding="utf-8")
    file = table(folder, 1, 2, 3, 4, 5, 6)
    dry = run(file, certificates, "--dry-run")
    assert dry.exit_code == 1
    assert "would be admitted, in-force: 3" in dry.output
    with engine_of(folder).connect() as connection:
        assert len(list_officers(connection)) == 1
    done = run(file, certificates)
    assert done.exit_code == 1
    assert "admitted, in-force: 3" in done.output
    assert "admitted, not-certified: 1" in done.output
    assert "o5@customs.ke.test: The certificate is signed with SHA-1" in done.output
    assert "o6@customs.ke.test: This is not one OpenPGP certificate" in done.output
    with engine_of(folder).connect() as connection:
        stored = find_officer(connection, "o2@customs.ke.test")
        assert stored is not None
        assert stored.certificate is not None
        assert (stored.roles, stored.language) == (frozenset({Role.QUERY, Role.REPLY}), "fr")
        held = find_certificate(connection, stored.certificate)
        assert held is not None
        assert held.chain is ChainState.IN_FORCE
        assert held.valid_at(NOW)
        assert held.chain_until is not None
        assert held.person in {person.id for person in list_people(connection, party="KE")}
        verify_entries(entries(connection))
        assert derive_access(connection, now=NOW, special_use_domains=True, keep=False) == ()
    again = run(file, certificates)
    assert again.output.count("already admitted") == 4


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("o1@customs.ke.test,KE,administer,en", "expected roles"),
        ("o1@customs.ke.test,KE,,en", "expected roles"),
        ("o1@customs.ke.test,KE,spy,en", "cannot be read"),
        ("o1,KE,query,en", "cannot be read"),
        ("o1@customs.ke.test,KE,query,tlh", "unknown language"),
        ("o1@customs.ke.test,KE,query,en\no1@customs.ke.test,KE,query,en", "second time"),
    ],
)
def test_a_table_that_cannot_be_right_changes_nothing(folder: Path, line: str, reason: str) -> None:
    file = folder / "officers.csv"
    file.write_text(f"address,party,roles,language\n{line}\n", encoding="utf-8")
    (folder / "one.gpg").write_bytes(officer(1))
    done = run(file, folder / "one.gpg")
    assert done.exit_code == 1
    assert reason in done.output
    with engine_of(folder).connect() as connection:
        assert len(list_officers(connection)) == 1


def test_another_domain_or_party_is_refused(folder: Path) -> None:
    (folder / "one.gpg").write_bytes(officer(1))
    done = run(table(folder, 1, party="UT"), folder / "one.gpg")
    assert done.exit_code == 1
    assert "refused: 1" in done.output


def test_the_list_and_the_explanation_of_what_came_in(folder: Path) -> None:
    (folder / "one.gpg").write_bytes(officer(1) + officer(2, life=20 * 86400))
    assert run(table(folder, 1, 2), folder / "one.gpg").exit_code == 0
    listed = CliRunner().invoke(main, ["keys", "list", "--party", "KE"]).output
    assert listed.count("in-force") == 3
    expiring = CliRunner().invoke(main, ["keys", "list", "--expiring", "30"]).output
    assert "o2@customs.ke.test" in expiring
    assert "o1@customs.ke.test" not in expiring
    why = CliRunner().invoke(main, ["keys", "why", "o1@customs.ke.test", "--language", "es"])
    assert why.exit_code == 0
    assert "Vigente: la cadena es válida." in why.output
    assert CliRunner().invoke(main, ["keys", "why", "nobody@customs.ke.test"]).exit_code == 1
