"""The grammar of a request: what a person may type, and what is refused."""

from datetime import UTC, datetime

import pytest

from gateway.keys.enclosed import SecretKeyEnclosedError, enclosed_in
from gateway.keys.request import TEXT_LIMIT, KeyAct, KeyRequest, KeyRequestError, compose_request, parse_request
from keyring_admin.openpgp.armor import ArmorKind, enarmor

from ..people import Person, fingerprint_of

GATEWAY = "6964D13D32F7336A5A32817CD9B06CB23633F9FC"
GOOD = (
    f"GSP-Key-Request: 1\nAct: enrol\nId: abcdefgh\nGateway: {GATEWAY}\n"
    "Created: 2026-11-21T13:00:00Z\nCode: k7md-x2qf-9hrt-wz4p\n"
)


def test_what_is_composed_is_read_again() -> None:
    request = KeyRequest(
        act=KeyAct.PROVE,
        id="2XD4Q4XCKXGPBWEK3MKZP99AGM",
        gateway=GATEWAY,
        created=datetime(2026, 11, 21, 13, tzinfo=UTC),
        enrolment="2XD4Q4XCKXGPBWEK3MKZP99AGN",
        challenge="k7md-x2qf-9hrt-wz4p",
        password="a word: or two",
    )
    assert parse_request(compose_request(request)) == request


@pytest.mark.parametrize(
    "typed",
    [
        GOOD.replace("\n", "\r\n"),
        "\n\n" + GOOD.replace("\n", "\n\n"),
        GOOD.replace("Code: ", "code:\u00a0"),
        GOOD.replace(GATEWAY, " ".join(GATEWAY[start : start + 4].lower() for start in range(0, 40, 4))),
        GOOD + "-- \nAlice\nCustoms: of Kenya\n",
        GOOD.replace("Act: enrol", "ACT:   Enrol  "),
    ],
)
def test_what_people_and_their_mail_programs_write_is_read(typed: str) -> None:
    assert parse_request(typed) == parse_request(GOOD)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        GOOD.replace("Request: 1", "Request: 2"),
        GOOD.replace("GSP-Key-Request: 1\n", ""),
        GOOD.replace("Act: enrol", "Act: destroy"),
        GOOD.replace("Act: enrol\n", ""),
        GOOD.replace("Id: abcdefgh", "Id: short"),
        GOOD.replace("Id: abcdefgh", "Id: has/slashes"),
        GOOD + "Id: abcdefgi\n",
        GOOD + "Challenge: x\n",
        GOOD + "Hello\n",
        "Dear gateway: hello\n" + GOOD,
        GOOD.replace("Code: k7md-x2qf-9hrt-wz4p\n", ""),
        GOOD.replace("k7md-x2qf-9hrt-wz4p", ""),
        GOOD.replace(GATEWAY, GATEWAY[-16:]),
        GOOD.replace("2026-11-21T13:00:00Z", "21 November 2026"),
        GOOD.replace("2026-11-21T13:00:00Z", "2026-11-21T13:00:00+03:00"),
        GOOD + "\n" * TEXT_LIMIT,
        GOOD.replace("Act: enrol", "Act: password"),
        GOOD.replace("Act: enrol", "Act: receipts").replace("Code: k7md-x2qf-9hrt-wz4p", "Receipts: maybe"),
    ],
)
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(KeyRequestError):
        parse_request(typed)


def test_certificates_are_found_pasted_and_a_secret_key_ends_it(homes: object, someone: object) -> None:
    alice: Person = someone("Alice <alice@customs.ke.test>")  # type: ignore[operator]
    pasted = GOOD + "\n" + alice.armored.decode()
    found = enclosed_in(pasted.encode(), mime=False)
    assert [one.fingerprint for one in found.certificates] == [alice.fingerprint]
    assert fingerprint_of(found.certificates[0].octets) == alice.fingerprint
    secret = GOOD + "\n" + enarmor(alice.secret, ArmorKind.SECRET_KEY).decode()
    with pytest.raises(SecretKeyEnclosedError):
        enclosed_in(secret.encode(), mime=False)
    disguised = GOOD + "\n" + enarmor(alice.secret, ArmorKind.PUBLIC_KEY).decode()
    with pytest.raises(SecretKeyEnclosedError):
        enclosed_in(disguised.encode(), mime=False)


def test_two_requests_in_one_mail_are_refused() -> None:
    entity = (
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain\r\n\r\n{GOOD}\r\n--b\r\nContent-Type: text/plain\r\n\r\n{GOOD}\r\n--b--\r\n"
    )
    with pytest.raises(KeyRequestError):
        enclosed_in(entity.encode(), mime=True)
