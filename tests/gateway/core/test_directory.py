"""Parties, officers and their certificates: what is admitted, what is refused with its true reason, what sticks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pysequoia
import pytest
from sqlalchemy import Connection

from keyring_admin.certificate_store import (
    Purpose,
    admit_certificate,
    certificate_by_key_id,
    find_certificate,
    reading_certificates,
    withdraw_certificate,
)
from keyring_admin.certificates import CertificateError, CertificateFacts, CertificateRefusal, examine_certificate
from keyring_admin.database import metadata, open_database, write_transaction
from keyring_admin.directory_error import DirectoryError
from keyring_admin.officers import (
    Officer,
    Role,
    admit_officer,
    find_officer,
    find_officer_by_id,
    list_officers,
    set_officer_active,
    set_officer_password,
)
from keyring_admin.parties import Party, admit_party, find_party, list_parties, set_party_active

from .facts_builder import key
from .keys import CURVE25519, Key, gpg, make_key

NOW = datetime.now(UTC)
ADDRESS = "officer@customs.ke.test"
ANY_CERTIFICATE = bytes(pysequoia.Tsk.generate(ADDRESS).extract_certificate())  # where only its keys' IDs matter


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = open_database(f"sqlite:///{tmp_path / 'directory.db'}")
    metadata.create_all(engine)
    with write_transaction(engine) as connection:
        admit_party(connection, Party("KE", "Kenya", date(2020, 1, 1), None, True, ("customs.ke.test",)))
        yield connection
    engine.dispose()


def examine(octets: bytes, address: str = ADDRESS, **options: bool) -> CertificateFacts:
    return examine_certificate(octets, address, now=datetime.now(UTC), special_use_domains=True, **options)


def refusal(octets: bytes, address: str = ADDRESS) -> CertificateRefusal:
    with pytest.raises(CertificateError) as error:
        examine(octets, address)
    assert str(error.value) == error.value.reason
    return error.value.reason


@pytest.fixture(scope="module")
def home(homes: Path) -> Path:
    return homes / "examined"


class TestExamination:
    def test_a_good_certificate_is_read_key_by_key(self, home: Path) -> None:
        good = make_key(home, ADDRESS)
        armored = gpg(home, "--armor", "--export", good.fingerprint)
        for octets in (good.certificate, armored):
            facts = examine(octets)
            assert facts.fingerprint == good.fingerprint == facts.keys[0].fingerprint
            assert [each.can_encrypt for each in facts.keys] == [False, True]
            assert [each.can_sign for each in facts.keys] == [True, False]
            assert all(each.expires_at is not None and not each.revoked for each in facts.keys)
            assert facts.keys[0].key_id == good.fingerprint[-16:]
        assert refusal(good.certificate, "another@customs.ke.test") is CertificateRefusal.NO_USER_ID
        assert refusal(armored[: len(armored) // 2]) is CertificateRefusal.UNREADABLE
        other = make_key(home, "other@customs.ke.test")
        secret = gpg(home, "--export-secret-keys", good.fingerprint)
        subkeys_only = gpg(home, "--export-secret-subkeys", good.fingerprint)  # the primary key is a stub then
        armored_secret = gpg(home, "--armor", "--export-secret-keys", good.fingerprint)
        for octets in (secret, subkeys_only, armored_secret, secret + other.certificate, other.certificate + secret):
            assert refusal(octets) is CertificateRefusal.SECRET
        assert refusal(good.certificate + other.certificate) is CertificateRefusal.SEVERAL
        assert refusal(good.certificate + bytes(65 * 1024)) is CertificateRefusal.TOO_LARGE

    @pytest.mark.parametrize("octets", [b"", b"hello", b"-----BEGIN PGP PUBLIC KEY BLOCK-----", bytes(100)])
    def test_what_is_no_certificate(self, octets: bytes) -> None:
        assert refusal(octets) is CertificateRefusal.UNREADABLE

    @pytest.mark.parametrize(
        ("parameters", "reason"),
        [
            ("Key-Type: rsa\nKey-Length: 1024\nSubkey-Type: rsa\nSubkey-Length: 2048\n", CertificateRefusal.WEAK),
            ("Key-Type: rsa\nKey-Length: 2048\nSubkey-Type: rsa\nSubkey-Length: 1024\n", CertificateRefusal.WEAK),
            ("Key-Type: dsa\nKey-Length: 1024\nSubkey-Type: rsa\nSubkey-Length: 2048\n", CertificateRefusal.WEAK),
            ("Key-Type: eddsa\nKey-Curve: ed25519\nKey-Usage: cert,sign\n", CertificateRefusal.NO_ENCRYPTION),
            (CURVE25519.replace("cert,sign", "cert"), CertificateRefusal.NO_SIGNING),
        ],
        ids=["RSA 1024", "RSA 1024 subkey", "DSA", "no encryption subkey", "cannot sign"],
    )
    def test_unfit_keys(self, home: Path, parameters: str, reason: CertificateRefusal) -> None:
        assert refusal(make_key(home, ADDRESS, parameters).certificate) is reason

    def test_a_reading_certificate_need_not_sign(self, home: Path) -> None:
        made = make_key(home, "ke@gsp.test", CURVE25519.replace("cert,sign", "cert"))
        assert examine(made.certificate, "ke@gsp.test", must_sign=False).fingerprint == made.fingerprint

    def test_a_revoked_certificate(self, home: Path) -> None:
        made = make_key(home, ADDRESS)
        assert examine(made.certificate)
        revoke(made)
        assert refusal(made.certificate) is CertificateRefusal.REVOKED

    def test_an_expired_certificate(self, home: Path) -> None:
        made = make_key(home, ADDRESS, expire="seconds=1")
        late = datetime.now(UTC) + timedelta(seconds=3)
        with pytest.raises(CertificateError) as error:
            examine_certificate(made.certificate, ADDRESS, now=late, special_use_domains=True)
        assert error.value.reason is CertificateRefusal.EXPIRED

    def test_a_user_id_without_the_address(self, home: Path) -> None:
        assert refusal(make_key(home, "").certificate) is CertificateRefusal.NO_USER_ID


REVOKE_SUBKEY = b"key 1\nrevkey\ny\n0\n\ny\nsave\n"


def revoke(made: Key) -> None:
    """With the revocation that gpg wrote when it made the key."""
    file = made.home / "openpgp-revocs.d" / f"{made.fingerprint}.rev"
    gpg(made.home, "--import", stdin=file.read_bytes().replace(b":-----BEGIN", b"-----BEGIN"))


def facts_of(*key_ids: str) -> CertificateFacts:
    keys = tuple(key(key_id) for key_id in key_ids)
    return CertificateFacts(keys[0].fingerprint, ANY_CERTIFICATE, keys)


def admit(connection: Connection, facts: CertificateFacts, party: str = "KE") -> None:
    admit_certificate(connection, facts, purpose=Purpose.READING, party=party, now=NOW)


class TestStore:
    def test_a_certificate_is_found_by_fingerprint_and_its_keys_by_key_id(self, connection: Connection) -> None:
        admit(connection, facts_of("A" * 16, "B" * 16))
        found = find_certificate(connection, "A" * 40)
        assert found is not None
        assert [each.key_id for each in found.keys] == ["A" * 16, "B" * 16]
        assert certificate_by_key_id(connection, "B" * 16) == "A" * 40
        assert [each.fingerprint for each in reading_certificates(connection, "KE")] == ["A" * 40]
        assert find_certificate(connection, "A" * 39) is None

    def test_a_look_alike_that_shares_a_key_id_is_refused(self, connection: Connection) -> None:
        admit(connection, facts_of("A" * 16, "B" * 16))
        look_alike = CertificateFacts("F" * 40, b"", (key("F" * 16), replace(key("B" * 16), fingerprint="0" * 40)))
        with pytest.raises(DirectoryError, match="key ID"):
            admit(connection, look_alike)

    def test_revocation_sticks_when_an_older_copy_comes(self, connection: Connection) -> None:
        fresh = facts_of("A" * 16, "B" * 16)
        admit(connection, fresh)
        admit(connection, replace(fresh, keys=(fresh.keys[0], replace(fresh.keys[1], revoked=True))))
        admit(connection, fresh)
        found = find_certificate(connection, "A" * 40)
        assert found is not None
        assert found.encryption_key_ids(NOW) == {"A" * 16}

    def test_a_revoked_subkey_does_not_vanish_with_a_copy_that_lacks_it(self, connection: Connection) -> None:
        fresh = facts_of("A" * 16, "B" * 16)
        admit(connection, replace(fresh, keys=(fresh.keys[0], replace(fresh.keys[1], revoked=True))))
        admit(connection, facts_of("A" * 16))
        admit(connection, fresh)
        found = find_certificate(connection, "A" * 40)
        assert found is not None
        assert found.encryption_key_ids(NOW) == {"A" * 16}

    def test_an_older_copy_does_not_take_the_revocation_out_of_the_octets(
        self, connection: Connection, home: Path
    ) -> None:
        made = make_key(home, ADDRESS)
        older, facts = made.certificate, examine(made.certificate)
        gpg(home, "--command-fd", "0", "--no-tty", "--edit-key", made.fingerprint, stdin=REVOKE_SUBKEY)
        newer = made.certificate
        assert refusal(newer) is CertificateRefusal.NO_ENCRYPTION
        revoked = replace(facts, octets=newer, keys=(facts.keys[0], replace(facts.keys[1], revoked=True)))
        for copy in (facts, revoked, replace(facts, octets=older)):
            admit(connection, copy)
        found = find_certificate(connection, made.fingerprint)
        assert found is not None
        assert refusal(found.octets) is CertificateRefusal.NO_ENCRYPTION
        with pytest.raises(RuntimeError):
            pysequoia.encrypt(b"x", [pysequoia.Cert.from_bytes(found.octets)])

    def test_what_was_withdrawn_cannot_come_back(self, connection: Connection) -> None:
        admit(connection, facts_of("A" * 16))
        withdraw_certificate(connection, "A" * 40, now=NOW)
        found = find_certificate(connection, "A" * 40)
        assert found is not None
        assert (found.valid_at(NOW), found.encryption_key_ids(NOW)) == (False, frozenset())
        with pytest.raises(DirectoryError, match="withdrawn"):
            admit(connection, facts_of("A" * 16))
        with pytest.raises(DirectoryError):
            withdraw_certificate(connection, "A" * 40, now=NOW)

    def test_a_certificate_is_somebody_s_for_one_purpose(self, connection: Connection) -> None:
        admit(connection, facts_of("A" * 16))
        with pytest.raises(DirectoryError, match="somebody else"):
            admit_certificate(connection, facts_of("A" * 16), purpose=Purpose.OFFICER, party="KE", now=NOW)

    def test_validity_ends_with_the_primary_key(self, connection: Connection) -> None:
        facts = facts_of("A" * 16, "B" * 16)
        admit(connection, replace(facts, keys=(replace(facts.keys[0], expires_at=NOW), facts.keys[1])))
        found = find_certificate(connection, "A" * 40)
        assert found is not None
        assert found.encryption_key_ids(NOW - timedelta(seconds=1)) == {"A" * 16, "B" * 16}
        assert found.encryption_key_ids(NOW) == frozenset()
        assert found.signing_fingerprints(NOW) == frozenset()


def officer(address: str = ADDRESS, party: str = "KE") -> Officer:
    return Officer(0, address, party, "fr", frozenset({Role.QUERY, Role.REVIEW}), True, None, "$argon2id$")


class TestOfficersAndParties:
    def test_an_officer_is_admitted_found_suspended(self, connection: Connection) -> None:
        number = admit_officer(connection, officer())
        found = find_officer(connection, ADDRESS)
        assert found == find_officer_by_id(connection, number) == replace(officer(), id=number)
        set_officer_active(connection, ADDRESS, active=False)
        set_officer_password(connection, ADDRESS, "$argon2id$new")
        (changed,) = list_officers(connection, party="KE")
        assert (changed.active, changed.password_hash) == (False, "$argon2id$new")
        assert "argon2id" not in repr(changed)
        assert list_officers(connection, party="EU") == []

    @pytest.mark.parametrize(
        ("address", "party", "reason"),
        [
            (ADDRESS, "KE", "already admitted"),
            ("x@other.test", "KE", "not in a mail domain"),
            ("x@sub.customs.ke.test", "KE", "not in a mail domain"),
            ("x@customs.ke.test", "ZZ", "no Party ZZ"),
        ],
    )
    def test_officers_that_are_refused(self, connection: Connection, address: str, party: str, reason: str) -> None:
        admit_officer(connection, officer())
        with pytest.raises(DirectoryError, match=reason):
            admit_officer(connection, officer(address, party))

    def test_unknown_names_are_told(self, connection: Connection) -> None:
        with pytest.raises(DirectoryError):
            set_officer_active(connection, "x@y.test", active=True)
        with pytest.raises(DirectoryError):
            set_officer_password(connection, "x@y.test", "")
        with pytest.raises(DirectoryError):
            set_party_active(connection, "ZZ", active=True)

    def test_a_code_and_a_domain_belong_to_one_party(self, connection: Connection) -> None:
        union = Party("EU", "European Union", date(2020, 1, 1), None, True, ("a.eu.test", "b.eu.test"))
        admit_party(connection, union)
        assert find_party(connection, "EU") == union
        assert [each.code for each in list_parties(connection)] == ["EU", "KE"]
        for other in (union, Party("PK", "Pakistan", date(2020, 1, 1), None, True, ("b.eu.test",))):
            with pytest.raises(DirectoryError):
                admit_party(connection, other)

    def test_membership_has_a_first_and_a_last_day(self) -> None:
        party = Party("KE", "Kenya", date(2020, 1, 1), date(2025, 1, 1), True)
        days = [date(2019, 12, 31), date(2020, 1, 1), date(2024, 12, 31), date(2025, 1, 1)]
        assert [party.member_on(day) for day in days] == [False, True, True, False]
        assert not replace(party, active=False).member_on(date(2020, 1, 1))
