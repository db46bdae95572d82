"""Who may not declare, consent or approve, and declarations that no library takes."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forms.binding import bind
from forms.form import Bindings, Form
from forms.identifiers import new_identifier
from gateway.library.archive import REFUSED, declarations
from gateway.library.declaration import read_declaration
from gateway.library.people import People
from gateway.library.problem import LibraryLifeError, Problem
from gateway.state import open_state
from gnupg_keys import Key, gpg
from keyring_admin.certificate_store import withdraw_certificate
from keyring_admin.database import write_transaction
from keyring_admin.officers import set_officer_active
from pattern_rules import core_library_octets, load_library

from .conftest import Office
from .stamps import Stamp, declaration

GOOD = Stamp("KE-STRIP", "KES[0-9]{10}", "KES0000000001")


def signed(office: Office, who: str, form: Form, *options: str) -> str:
    return office.file("d.asc", office.keys[who].sign(form.canonical, *options))


def refusal(office: Office, *arguments: str) -> str:
    result = office.gsp(*arguments)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.output


# Who signs


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("outsider", "not in the directory"),
        ("clerk", "needs the role `review`"),
        ("clara", "needs the role `review`"),  # the Secretariat declares for nobody
    ],
)
def test_only_an_officer_who_may_speak_for_a_party_declares(office: Office, who: str, why: str) -> None:
    assert why in office.declare(who, GOOD).output


def test_a_suspended_officer_and_a_withdrawn_certificate_declare_nothing(office: Office, keys: dict[str, Key]) -> None:
    with write_transaction(open_state(office.settings)) as connection:
        set_officer_active(connection, keys["amina"].address, active=False)
        withdraw_certificate(connection, keys["juma"].fingerprint, now=datetime.now(UTC))
    assert "not an active officer" in office.declare("amina", GOOD).output
    assert "is not good" in office.declare("juma", GOOD).output
    assert office.declare("bruno", GOOD).exit_code == 0


def test_ways_to_sign_that_are_read_and_ways_that_are_not(office: Office, keys: dict[str, Key]) -> None:
    form = declaration(GOOD)
    amina = keys["amina"]
    clear = gpg(amina.home, "--local-user", amina.fingerprint, "--clear-sign", stdin=form.canonical)
    twice = gpg(
        *(amina.home, "--local-user", amina.fingerprint, "--local-user", keys["bruno"].fingerprint, "--sign"),
        stdin=form.canonical,
    )
    sealed = gpg(
        *(amina.home, "--local-user", amina.fingerprint, "--recipient", amina.fingerprint, "--sign", "--encrypt"),
        stdin=form.canonical,
    )
    detached = amina.detach_sign(form.canonical)
    bzip2 = amina.sign(form.canonical, "--compress-algo", "bzip2")
    good = amina.sign(form.canonical)
    binary = amina.sign(form.canonical, "--compress-algo", "none")
    trailing = binary + binary
    for octets in (clear, twice, sealed, detached, bzip2, form.canonical, b"", good[:-40], trailing):
        refusal(office, "declare", office.file("d.asc", octets))
    for number, options in enumerate((("--armor",), ("--compress-algo", "none"), ("--compress-algo", "zlib"))):
        stamp = Stamp(f"KE-S{number}", f"KES{number}[0-9]{{10}}", f"KES{number}0000000001")
        assert office.gsp("declare", signed(office, "amina", declaration(stamp), *options)).exit_code == 0


def test_an_altered_declaration_is_not_signed(office: Office, keys: dict[str, Key]) -> None:
    octets = keys["amina"].sign(declaration(GOOD).canonical, "--compress-algo", "none")
    assert octets.count(b"KES[0-9]{10}") == 1
    altered = octets.replace(b"KES[0-9]{10}", b"KES[0-9]{11}")
    assert "is not good" in refusal(office, "declare", office.file("d", altered))


def test_a_compression_bomb_is_refused_within_the_limit(office: Office, keys: dict[str, Key]) -> None:
    bomb = keys["amina"].sign(bytes(64 * 1024 * 1024), "--compress-algo", "zlib")
    assert len(bomb) < 1024 * 1024
    assert "too large" in refusal(office, "declare", office.file("d", bomb))


def test_a_signature_is_of_these_days(office: Office, keys: dict[str, Key]) -> None:
    amina, now = keys["amina"], datetime.now(UTC)
    octets = amina.sign(declaration(GOOD).canonical)
    with open_state(office.settings).connect() as connection:
        for days, refused in ((31, Problem.SIGNED_TOO_LONG_AGO), (-1, Problem.SIGNED_IN_FUTURE)):
            with pytest.raises(LibraryLifeError) as caught:
                People(connection, {}, now + timedelta(days=days)).open(octets, speaks_for_party=True)
            assert caught.value.problem is refused
        document = People(connection, {}, now + timedelta(days=29)).open(octets, speaks_for_party=True)
    assert document.person.party == "KE"
    tomorrow = (now + timedelta(days=2)).strftime("%Y%m%dT%H%M%S")
    future = amina.sign(declaration(GOOD).canonical, "--faked-system-time", tomorrow)
    assert "is not good" in refusal(office, "declare", office.file("d", future))


# Replays


def test_a_declaration_counts_once(office: Office) -> None:
    file = signed(office, "amina", declaration(GOOD))
    assert office.gsp("declare", file).exit_code == 0
    assert "registered before" in refusal(office, "declare", file)
    again = signed(office, "amina", declaration(GOOD))  # signed anew, the same form
    assert "registered before" in refusal(office, "declare", again)
    assert "another pending" in office.declare("amina", GOOD, remarks="once more").output
    assert "another pending" in office.declare("dilawar", GOOD, remarks="mine").output


def test_an_older_declaration_does_not_follow_a_newer_one(office: Office, keys: dict[str, Key]) -> None:
    amina = keys["amina"]
    minute = (datetime.now(UTC) - timedelta(seconds=1)).strftime("%Y%m%dT%H%M%S")
    older = amina.sign(declaration(GOOD, remarks="older").canonical, "--faked-system-time", minute)
    newer = office.declare("amina", GOOD)
    assert newer.exit_code == 0
    office.publish_all()
    output = refusal(office, "declare", office.file("d", older))
    assert "already exists" in output or "identifier exists already" in output
    amended = Stamp("KE-STRIP", "KES[0-9]{10,11}", "KES0000000001", change="amend", lengths=(13, 14))
    stale = amina.sign(declaration(amended).canonical, "--faked-system-time", minute)
    assert "a later declaration" in refusal(office, "declare", office.file("d", stale))
    time.sleep(1.1)  # signatures are dated to the second (RFC 9580 §5.2.3.11): "later" needs another one
    assert office.declare("amina", amended, remarks="now").exit_code == 0


def test_a_bound_form_names_the_partys_own_exchange_and_has_not_expired(office: Office) -> None:
    now = datetime.now(UTC).replace(microsecond=0)

    def bound(party: str, expires: datetime) -> Form:
        return bind(
            declaration(GOOD), Bindings(new_identifier(), party, "PK", expires - timedelta(days=2), expires, None)
        )

    later = now + timedelta(days=1)
    assert "another Party" in refusal(office, "declare", signed(office, "amina", bound("EU", later)))
    old = now - timedelta(days=1)
    assert "has expired" in refusal(office, "declare", signed(office, "amina", bound("KE", old)))
    assert office.gsp("declare", signed(office, "amina", bound("KE", later))).exit_code == 0


# What is declared


@pytest.mark.parametrize(
    ("stamp", "why"),
    [
        (Stamp("KE-X", "(a+)+b(?=c)", "aab"), "look-around"),
        (Stamp("KE-X", "(a)\\1", "aa"), "backreference"),
        (Stamp("KE-X", "[0-9A-Za-z]{13}", "KES0000000001"), "matches-everything"),
        (Stamp("KE-X", "(a?){13}", "aaaaaaaaaaaaa"), "matches-the-empty-string"),
        (Stamp("KE-X", "KES[0-9]{10}", "KEZ0000000001"), "example-does-not-match"),
        (Stamp("KE-X", "KES[0-9]{10}", "KES0000000001", "KES0000000002"), "counter-example-matches"),
        (Stamp("KE-X", "KES[0-9]{10}", "KES0000000001", lengths=(1, 12)), "example-does-not-match"),
        (Stamp("KE-X", "KES[0-9]{10}", "KES0000000001", characters="digits"), "character set"),
        (Stamp("KE-X", "KES[0-9]{10}", "KES0000000001", check="time-stamp"), "needs a part"),
        (Stamp("KE-X", "KES[0-9]{10}", "KES0000000001", issuer="I" * 33), "limited to 32"),
        (Stamp("KE-X", "KES[0-9]{10}", "KES0000000001", description="d" * 501), "500 on one line"),
        (Stamp("KE-STAMP", "KES[0-9]{10}", "KES0000000001"), "exists already"),
        (Stamp("KE-NONE", "KES[0-9]{10}", "KES0000000001", change="amend"), "neither in the library"),
        (Stamp("EU-QCALL-I", "KES[0-9]{10}", "KES0000000001", change="amend"), "another Party"),
        (Stamp("ECOWAS-XX", "KES[0-9]{10}", "KES0000000001", change="amend"), "another Party"),
        (Stamp("KE-STAMP", "KES[0-9]{10}", "KES0000000001", change="retire"), "must otherwise stay"),
    ],
)
def test_a_declaration_that_no_library_takes(office: Office, stamp: Stamp, why: str) -> None:
    result = office.declare("amina", stamp)
    assert result.exit_code == 1
    assert why in result.output
    assert office.declare("amina", GOOD).exit_code == 0


def test_who_reaches_for_another_partys_pattern_is_remembered(office: Office) -> None:
    """RE-b06: refused, and kept with its signature; it stands in nobody's way."""
    greedy = Stamp("EU-QCALL-I", "KES[0-9]{10}", "KES0000000001", change="amend")
    for _ in range(2):
        refused = office.declare("amina", greedy)
        assert refused.exit_code == 1
        assert "belongs to another Party" in refused.output
    with open_state(office.settings).connect() as connection:
        (kept,) = declarations(connection, state=REFUSED)
        assert declarations(connection) == []
    assert kept.certificate == office.keys["amina"].fingerprint
    log = office.gsp("log").output
    assert f"refused  declaration {kept.sha256} of KE" in log
    assert "by amina@customs.ke.test (KE)" in log
    assert "nothing is pending" in office.review().output
    assert office.declare("amina", GOOD).exit_code == 0
    assert office.review().exit_code == 0


def test_one_bad_pattern_refuses_the_whole_declaration(office: Office) -> None:
    assert office.declare("amina", GOOD, Stamp("KE-X", "KEX[0-9]{2}", "KEX1")).exit_code == 1
    assert office.declare("amina", GOOD, GOOD).exit_code == 1  # one identifier twice
    assert "nothing is pending" in office.review().output


def test_a_check_is_over_the_part_that_bears_its_name() -> None:
    library = load_library(core_library_octets())
    stamps = (
        Stamp("KE-A", "KEA(?P<ts>[0-9]{8})", "KEA26010112", check="time-stamp"),
        Stamp("KE-B", "[0-9]{9}", "499273987", check="luhn"),
    )
    today = datetime.now(UTC).date()
    read = read_declaration(declaration(*stamps), library, party="KE", on=today, synthetic=True)
    assert [[(check.rule.value, check.over) for check in one.pattern.checks] for one in read] == [
        [("timestamp", ("ts",))],
        [("luhn", ())],
    ]
    assert all(one.pattern.synthetic for one in read)
    assert read[0].pattern.made.since is not None
    assert read[0].pattern.valid.since is None


# Four eyes, consents


def test_four_eyes(office: Office) -> None:
    assert office.declare("amina", GOOD).exit_code == 0
    assert office.review().exit_code == 0
    assert "four eyes" in office.approve("amina").output
    assert "four eyes" in office.approve("amina-again").output  # another key and address, the same name
    assert "does not approve what the own Party declared" in office.approve("juma").output
    assert "needs the role" in office.approve("clerk").output
    assert "not in the directory" in office.approve("outsider").output
    assert office.approve("bruno").exit_code == 0
    assert "four eyes" in office.approve("bruno").output


def test_an_approval_is_for_one_library_to_the_octet(office: Office) -> None:
    assert office.declare("amina", GOOD).exit_code == 0
    assert office.review().exit_code == 0
    statement = office.folder / "approval.txt"
    text = statement.read_text()
    last = text.rstrip().removesuffix('"')[-1]
    for wrong in (
        text.replace(f'{last}"\n', f'{"0" if last != "0" else "1"}"\n'),
        text.replace("number = 2", "number = 3"),
        text + "more = 1\n",
        text.replace("approval", "consent"),
        "",
    ):
        statement.write_text(wrong)
        assert office.approve("clara").exit_code == 1
    statement.write_text(text)
    assert office.approve("clara").exit_code == 0


def test_a_consent_is_of_the_party_whose_pattern_it_is(office: Office) -> None:
    assert office.declare("amina", GOOD).exit_code == 0
    assert office.consent("bruno", "EU", "eu-qcall-i", "ke-strip", "shared").exit_code == 0
    assert "registered before" in office.consent("bruno", "EU", "eu-qcall-i", "ke-strip", "stands-back").output
    assert "another Party" in office.consent("bruno", "KE", "ke-stamp", "eu-qcall-i", "shared").output
    assert "another Party" in office.consent("amina", "KE", "eu-qcall-i", "ke-strip", "shared").output
    assert "neither in the library" in office.consent("amina", "KE", "ke-stamp", "nowhere", "shared").output


def test_nothing_of_a_form_stands_in_a_refusal(office: Office) -> None:
    canary = "KESCANARY1"
    result = office.declare("amina", Stamp("KE-X", "KESNOTHING[0-9]", canary))
    assert result.exit_code == 1
    assert canary not in result.output
    assert Path(office.folder / "gateway.db").stat().st_size > 0
