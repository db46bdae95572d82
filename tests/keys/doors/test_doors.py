"""What is refused at the door, each with its true reason; beside each stands a good certificate."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pysequoia
import pytest
from click.testing import CliRunner

from bench.certificate_maker import certification, make_certificate, make_key, packet
from gateway.chain_words import REFUSALS, STATES
from gateway.cli.main import main
from gateway.words import LANGUAGES, words_in
from keyring_admin.certificate_packets import KeyPacket, read_certificates
from keyring_admin.certificate_refusal import CertificateError, CertificateRefusal
from keyring_admin.certificates import Candidate, CertificateFacts, examine_certificate, examine_certificates
from keyring_admin.chain_state import ChainState
from keyring_admin.key_strength import key_problem

from ..conftest import Homes
from ..people import Person, gpg, make_person, renew

ADDRESS = "alice@customs.ke.test"
USER_ID = b"Alice <alice@customs.ke.test>"
NOW = datetime.now(UTC)
CREATED = int((NOW - timedelta(days=10)).timestamp())
R = CertificateRefusal


def examine(octets: bytes, address: str = ADDRESS, now: datetime = NOW) -> CertificateFacts | CertificateRefusal:
    (found,) = examine_certificates([Candidate(octets, address)], now=now, special_use_domains=True)
    return found


def made(*user_ids: bytes, **options: int | bool) -> bytes:
    return make_certificate(make_key(CREATED), *(user_ids or (USER_ID,)), **options)


def test_what_is_good_is_admitted_and_keeps_its_octets() -> None:
    octets = made()
    found = examine(octets)
    assert isinstance(found, CertificateFacts)
    assert [key.can_encrypt for key in found.keys] == [False, True]
    assert examine(found.octets) == found


def _grafted(alice: bytes, mallory: bytes) -> bytes:
    """Mallory's encryption subkey with its own binding, under Alice's key."""
    components = read_certificates(mallory)[0].components
    return alice + components[-1].packet + components[-1].signatures[0][1]


def _poisoned(count: int) -> bytes:
    key, stranger = make_key(CREATED), make_key(CREATED)
    signature = certification(stranger, key, USER_ID, CREATED + 5)
    own = make_certificate(key, USER_ID)
    first = packet(6, key.body) + packet(13, USER_ID)
    return first + signature * count + own[len(first) :]


CASES: dict[str, tuple[Callable[[], bytes], CertificateRefusal]] = {
    "k04 expired": (lambda: made(life=86400), R.EXPIRED),
    "k08 two certificates": (lambda: made() + made(), R.SEVERAL),
    "k09 look-alike domain": (lambda: made(b"Alice <alice@customs.ke.test.evil.test>"), R.NO_USER_ID),
    "k09 look-alike name": (lambda: made(b"alice@customs.ke.test <eve@evil.test>"), R.TWO_ADDRESSES),
    "k10 two addresses": (lambda: made(b"Alice <alice@customs.ke.test> <eve@evil.test>"), R.TWO_ADDRESSES),
    "k10 two addresses, comma": (lambda: made(b"alice@customs.ke.test, eve@evil.test"), R.TWO_ADDRESSES),
    "k11 twenty thousand signatures": (lambda: _poisoned(20_000), R.TOO_LARGE),
    "k11 six hundred signatures": (lambda: _poisoned(600), R.TOO_LARGE),
    "k12 a large user attribute": (lambda: made() + packet(17, bytes(200_000)), R.TOO_LARGE),
    "k13 a line end in the User ID": (
        lambda: made(USER_ID, b"x\n[GNUPG:] GOODSIG <alice@customs.ke.test>"),
        R.USER_ID_CHARACTERS,
    ),
    "k13 NUL": (lambda: made(b"Alice\x00 <alice@customs.ke.test>"), R.USER_ID_CHARACTERS),
    "k13 right to left override": (lambda: made("\u202eAlice <alice@customs.ke.test>".encode()), R.USER_ID_CHARACTERS),
    "k13 zero width": (lambda: made("A\u200blice <alice@customs.ke.test>".encode()), R.USER_ID_CHARACTERS),
    "k13 not UTF-8": (lambda: made(b"Al\xefce <alice@customs.ke.test>"), R.USER_ID_CHARACTERS),
    "k14 no User ID": (lambda: made()[:0] + make_certificate(make_key(CREATED)), R.NO_USER_ID),
    "q25 KEY-28 mixed scripts": (lambda: made("Аlice <alice@customs.ke.test>".encode()), R.USER_ID_CONFUSABLE),
    "q25 a full-width address": (lambda: made("Alice <ａlice@customs.ke.test>".encode()), R.NO_USER_ID),
    "KEY-01 another address": (lambda: made(b"Bob <bob@customs.ke.test>"), R.NO_USER_ID),
    "KEY-20 SHA-1": (lambda: made(hash_algorithm=2), R.WEAK_HASH),
    "announces SEIPDv2": (lambda: made(features=9), R.FEATURES),
    "announces GnuPG's own OCB": (lambda: made(features=3), R.FEATURES),
    "made in the future": (
        lambda: make_certificate(make_key(CREATED + 20 * 86400), USER_ID),
        R.NOT_YET,
    ),
    "k03 no encryption subkey": (lambda: made(subkey=False), R.NO_ENCRYPTION),
    "v6": (
        lambda: bytes(pysequoia.Tsk.generate(ADDRESS, profile=pysequoia.Profile.RFC9580).extract_certificate()),
        R.NEW_VERSION,
    ),
    "v3": (lambda: packet(6, b"\x03" + bytes(12)) + packet(13, USER_ID), R.OLD_VERSION),
    "v6 among others": (lambda: made() + packet(6, b"\x06" + bytes(40)), R.NEW_VERSION),
    "empty": (lambda: b"", R.UNREADABLE),
    "text": (lambda: b"My key is attached.\n", R.UNREADABLE),
    "a signature alone": (lambda: read_certificates(made())[0].components[1].signatures[0][1], R.UNREADABLE),
    "cut": (lambda: made()[:-20], R.UNREADABLE),
    "a message": (lambda: packet(18, bytes(60)), R.UNREADABLE),
    "compressed": (lambda: packet(8, b"\x01" + bytes(50)), R.UNREADABLE),
}


@pytest.mark.parametrize("case", CASES)
def test_each_bad_certificate_is_refused_with_its_reason(case: str) -> None:
    make, reason = CASES[case]
    assert examine(make()) is reason
    assert isinstance(examine(made()), CertificateFacts)


def test_all_bad_ones_together_take_no_good_one_with_them() -> None:
    """One run of GnuPG for many: a single v6 certificate in an import would leave GnuPG with nothing."""
    good = made()
    octets = [good, *(make() for make, _reason in CASES.values()), made()]
    candidates = [Candidate(each, ADDRESS) for each in octets]
    found = examine_certificates(candidates, now=NOW, special_use_domains=True)
    assert isinstance(found[0], CertificateFacts)
    assert isinstance(found[-1], CertificateFacts)
    assert found[1:-1] == [reason for _make, reason in CASES.values()]


class TestParts:
    def test_k15_a_grafted_subkey_is_not_used(self) -> None:
        found = examine(_grafted(made(subkey=False), made(b"Mallory <m@evil.test>")))
        assert found is R.NO_ENCRYPTION
        mallory = made(b"Mallory <m@evil.test>")
        both = examine(_grafted(made(), mallory))
        assert isinstance(both, CertificateFacts)
        assert len(both.keys) == 2
        assert {key.fingerprint for key in both.keys}.isdisjoint(
            key.fingerprint for key in read_certificates(mallory)[0].keys
        )

    def test_q19_a_signing_subkey_without_back_signature_is_not_used(self, homes: Homes) -> None:
        signer = make_person(homes.new(), f"Alice <{ADDRESS}>", primary=ED_CERTIFY)
        gpg(signer.home, "--quick-add-key", signer.fingerprint, "ed25519", "sign", "1y")
        with_back = signer.certificate
        assert isinstance(examine(with_back), CertificateFacts)
        packets = read_certificates(with_back)[0]
        *others, last = packets.components
        cut = bytearray(last.signatures[0][1])
        cut[-1] ^= 1  # the binding no longer verifies
        broken = b"".join(part.packet + b"".join(s for _i, s in part.signatures) for part in others) + last.packet
        assert examine(broken + bytes(cut)) is R.NO_SIGNING

    def test_k12_a_small_user_attribute_is_dropped(self) -> None:
        octets = made()
        with_attribute = (
            octets + packet(17, b"\xff" * 100) + read_certificates(octets)[0].components[1].signatures[0][1]
        )
        found = examine(with_attribute)
        assert isinstance(found, CertificateFacts)
        assert found.octets == examine_octets(octets)

    def test_trust_packets_of_a_keyring_never_reach_gnupg(self) -> None:
        """RFC 9580 §5.10: one could tell GnuPG that a signature was checked."""
        octets = made()
        found = examine(octets + packet(12, b"\x00\x03sigs"))
        assert isinstance(found, CertificateFacts)
        assert found.octets == examine_octets(octets)

    def test_a_user_id_whose_signature_is_forged_does_not_count(self) -> None:
        octets = made(b"Alice <alice@elsewhere.test>")
        packets = read_certificates(octets)[0]
        signature = packets.components[1].signatures[0][1]
        assert examine(octets + packet(13, USER_ID) + signature) is R.NO_USER_ID

    def test_a_secret_key_is_refused_armored_or_binary(self, someone: Callable[[str], Person]) -> None:
        person = someone(f"Alice <{ADDRESS}>")
        assert isinstance(examine(person.armored), CertificateFacts)
        assert examine(person.secret) is R.SECRET
        armored = gpg(person.home, "--armor", "--export-secret-keys", person.fingerprint)
        assert examine(armored) is R.SECRET
        assert examine(person.certificate + person.secret) is R.SECRET

    def test_an_expiry_that_the_owner_extended_is_taken(self, homes: Homes) -> None:
        """KEY-10."""
        person = make_person(homes.new(), f"Alice <{ADDRESS}>", expire="30d", at=NOW - timedelta(days=40))
        assert examine(person.certificate) is R.EXPIRED
        assert isinstance(examine(renew(person, "1y")), CertificateFacts)


ED_CERTIFY = "Key-Type: eddsa\nKey-Curve: ed25519\nKey-Usage: cert\n"


def examine_octets(octets: bytes) -> bytes:
    found = examine(octets)
    assert isinstance(found, CertificateFacts)
    return found.octets


def _rsa(modulus: int, exponent: int = 65537, algorithm: int = 1) -> KeyPacket:
    def integer(value: int) -> bytes:
        return value.bit_length().to_bytes(2) + value.to_bytes((value.bit_length() + 7) // 8)

    return KeyPacket(4, algorithm, "A" * 40, integer(modulus) + integer(exponent))


def _roca_modulus() -> int:
    """A product of two primes of the shape of CVE-2017-15361 is itself of that shape; no need for primes here."""
    primes = [number for number in range(3, 168) if all(number % divisor for divisor in range(2, number))]
    product = 1
    for prime in primes:
        product *= prime
    residue = pow(65537, 12345, product)
    return (1 << 1900) * product + (residue if residue % 2 else residue + product)


class TestRsa:
    """q26, q04, k01."""

    GOOD = (random.Random(7).getrandbits(2046) * 2 + 1) | 1 << 2047  # noqa: S311 - a number of that size

    def good(self) -> int:
        modulus = self.GOOD
        while key_problem(_rsa(modulus)) is not None:
            modulus += 2
        return modulus

    def test_flaws_are_found(self) -> None:
        modulus = self.good()
        assert key_problem(_rsa(modulus + 1)) is R.FLAWED  # even
        for exponent in (1, 3, 65536):
            assert key_problem(_rsa(modulus, exponent)) is R.FLAWED
        assert key_problem(_rsa(modulus * 3)) is R.FLAWED
        assert key_problem(_rsa(_roca_modulus())) is R.FLAWED

    def test_sizes_and_algorithms(self) -> None:
        assert key_problem(_rsa(1 << 1023 | 1)) is R.WEAK
        assert key_problem(_rsa(1 << 65534 | 1)) is R.ALGORITHM
        for algorithm in (16, 17, 20):
            assert key_problem(_rsa(self.good(), algorithm=algorithm)) is R.WEAK
        assert key_problem(_rsa(self.good(), algorithm=99)) is R.ALGORITHM
        assert key_problem(KeyPacket(4, 22, "A" * 40, b"")) is R.ALGORITHM  # cut

    def test_gnupg_s_own_keys_are_fit(self, homes: Homes) -> None:
        person = make_person(
            homes.new(),
            f"Alice <{ADDRESS}>",
            primary="Key-Type: rsa\nKey-Length: 2048\nKey-Usage: cert,sign\n",
            subkey="Subkey-Type: rsa\nSubkey-Length: 2048\nSubkey-Usage: encrypt\n",
        )
        assert isinstance(examine(person.certificate), CertificateFacts)


def test_random_damage_is_refused_or_harmless_and_never_an_exception() -> None:
    """q05, q07: whatever comes, there is an answer, and no other key than the certificate's own is in it."""
    octets = made()
    own = {key.fingerprint for key in read_certificates(octets)[0].keys}
    generator = random.Random(20261121)  # noqa: S311 - the same damage each time
    mutants = []
    for _ in range(120):
        mutant = bytearray(octets)
        for _ in range(generator.randint(1, 3)):
            mutant[generator.randrange(len(mutant))] = generator.randrange(256)
        mutants.append(Candidate(bytes(mutant), ADDRESS))
    found = examine_certificates(mutants, now=NOW, special_use_domains=True)
    for each in found:
        if isinstance(each, CertificateFacts):
            usable = {key.fingerprint for key in each.keys if not key.revoked}
            assert usable <= own
    assert sum(isinstance(each, CertificateRefusal) for each in found) > 60


def test_each_reason_and_each_state_has_a_sentence_in_six_languages() -> None:
    assert set(REFUSALS) == set(CertificateRefusal)
    assert set(STATES) == set(ChainState)
    for language in LANGUAGES:
        words = words_in(language)
        told = {words.text(sentence) for sentence in [*REFUSALS.values(), *STATES.values()]}
        assert len(told) == len(REFUSALS) + len(STATES)


class TestCommand:
    """`gsp keys check`: for scripts and people, without a deployment."""

    def run(self, tmp_path: Path, octets: bytes, *options: str) -> tuple[int, str]:
        file = tmp_path / "certificate.asc"
        file.write_bytes(octets)
        done = CliRunner().invoke(main, ["keys", "check", str(file), *options])
        return done.exit_code, done.output

    def test_verdict_reason_and_exit_code(self, tmp_path: Path) -> None:
        assert self.run(tmp_path, made(), "--language", "en")[0] == 0
        code, output = self.run(tmp_path, made(hash_algorithm=2), "--language", "en")
        assert code == 1
        assert "SHA-1" in output
        code, output = self.run(tmp_path, made(), "--address", "bob@customs.ke.test", "--language", "fr")
        assert code == 1
        assert "adresse attendue" in output

    def test_json(self, tmp_path: Path) -> None:
        code, output = self.run(tmp_path, made(), "--json")
        assert code == 0
        assert json.loads(output)["admitted"] is True
        code, output = self.run(tmp_path, _poisoned(600), "--json")
        assert json.loads(output) == {"admitted": False, "reason": "too-large"}


def test_a_refusal_never_repeats_what_it_refuses() -> None:
    with pytest.raises(CertificateError) as error:
        examine_certificate(made(b"Eve <eve@evil.test>"), ADDRESS, now=NOW, special_use_domains=True)
    assert "evil" not in str(error.value)
