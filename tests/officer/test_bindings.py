"""`gsp open` catches a body replayed, re-attached or forwarded, though seal and signature hold (DESIGN §5.2)."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forms import Answer, AnswerStatus, BindingErrorCode, Form, new_reply
from forms.identifiers import new_identifier
from gateway.cli.main import main
from gateway.officer.address_book import dump_address_book
from gateway.officer.memory import Memory
from gateway.officer.opening import OpenedMail, open_mail
from gateway.officer.sealing import Route, SealedMail
from gateway.words import LANGUAGES, FormSentence, Sentence, phrase, words_in

from .conftest import ADDRESSES, World, body_of, query, remembered

ROUTE = Route(requesting_party="KE", requested_party="EU", pattern_id="eu-primary-id", library_version=2)
UID = b"QCALLa7K2m9XqZB4c1"  # of conftest.query


@dataclass(frozen=True, slots=True)
class Case:
    """Mails in the order they arrive at one Party; the last is the one that must be caught."""

    reader: str
    mails: tuple[bytes, ...]


def asked(world: World, now: datetime, form: Form | None = None) -> tuple[SealedMail, bytes]:
    """A query of KE to EU, and how it is delivered."""
    sealed = world.seal(form or query(), "KE", ROUTE, now)
    return sealed, delivered(world, body_of(sealed), sealed.exchange, now)


def answered(world: World, sealed: SealedMail, now: datetime) -> SealedMail:
    form = new_reply(query(), [Answer((UID,), AnswerStatus.NOT_FOUND)])
    return world.seal(form, "EU", replace(ROUTE, query=remembered(sealed, now)), now)


def delivered(world: World, body: bytes, exchange: str, now: datetime, receiver: str = "EU") -> bytes:
    return world.deliver(body, sender="KE", receiver=receiver, requesting="KE", exchange=exchange, now=now)


def returned(world: World, body: bytes, exchange: str, now: datetime) -> bytes:
    return world.deliver(body, sender="EU", receiver="KE", requesting="KE", exchange=exchange, now=now)


def honest(world: World, now: datetime) -> Case:
    """The query in KE's own folder of sent mails, then its answer."""
    sealed, mail = asked(world, now)
    reply = answered(world, sealed, now)
    return Case("KE", (mail, returned(world, body_of(reply), sealed.exchange, now)))


def replayed_in_a_new_exchange(world: World, now: datetime) -> Case:
    sealed, mail = asked(world, now)
    return Case("EU", (mail, delivered(world, body_of(sealed), new_identifier(), now)))


def replayed_in_its_exchange(world: World, now: datetime) -> Case:
    sealed, mail = asked(world, now)
    again = delivered(world, world.wrapped_anew(body_of(sealed), "EU"), sealed.exchange, now)
    return Case("EU", (mail, again))


def re_attached(world: World, now: datetime) -> Case:
    """The answer of one exchange under the seal of another that is open between the same Parties."""
    (one, first), (other, second) = asked(world, now), asked(world, now, query(b"another"))
    reply = answered(world, one, now)
    return Case("KE", (first, second, returned(world, body_of(reply), other.exchange, now)))


def forwarded(world: World, now: datetime) -> Case:
    sealed, _ = asked(world, now)
    body = world.wrapped_anew(body_of(sealed), "BR")
    return Case("BR", (delivered(world, body, sealed.exchange, now, receiver="BR"),))


def answer_to_another_query(world: World, now: datetime) -> Case:
    """The right exchange, but the digest of a query that was never asked in it."""
    (sealed, mail), (other, _) = asked(world, now), asked(world, now, query(b"another"))
    reply = answered(world, replace(sealed, form_digest=other.form_digest), now)
    return Case("KE", (mail, returned(world, body_of(reply), sealed.exchange, now)))


def expired(world: World, now: datetime) -> Case:
    sealed, _ = asked(world, now - timedelta(days=7, minutes=20))
    return Case("EU", (delivered(world, body_of(sealed), sealed.exchange, now),))


def from_the_future(world: World, now: datetime) -> Case:
    sealed, _ = asked(world, now + timedelta(hours=1))
    return Case("EU", (delivered(world, body_of(sealed), sealed.exchange, now),))


CAUGHT: list[tuple[Callable[[World, datetime], Case], BindingErrorCode]] = [
    (replayed_in_a_new_exchange, BindingErrorCode.OTHER_EXCHANGE),
    (replayed_in_its_exchange, BindingErrorCode.REPLAYED),
    (re_attached, BindingErrorCode.OTHER_EXCHANGE),
    (forwarded, BindingErrorCode.OTHER_REQUESTED_PARTY),
    (answer_to_another_query, BindingErrorCode.OTHER_QUERY),
    (expired, BindingErrorCode.EXPIRED),
    (from_the_future, BindingErrorCode.CREATED_IN_FUTURE),
]
NAMES = [make.__name__ for make, _ in CAUGHT]


def open_all(world: World, case: Case, memory: Memory, now: datetime) -> list[OpenedMail]:
    address = ADDRESSES[case.reader]
    return [
        open_mail(mail, book=world.book, keyring=world.keyring, memory=memory, own_address=address, now=now)
        for mail in case.mails
    ]


def warning(code: BindingErrorCode) -> Sentence:
    return phrase("the form does not belong to this exchange: {reason}", reason=FormSentence(code.value))


def gsp_open(world: World, case: Case, folder: Path, language: str) -> Result:
    """`gsp open` on the mails as files, in a memory of its own."""
    (folder / "book.json").write_text(dump_address_book(world.book), encoding="utf-8")
    files = []
    for number, mail in enumerate(case.mails):
        files.append(folder / f"{number}.eml")
        files[-1].write_bytes(mail)
    arguments = ["open", *map(str, files), "--officer", ADDRESSES[case.reader], "--gnupg-home", str(world.home)]
    arguments += ["--address-book", str(folder / "book.json"), "--memory", str(folder / f"memory-{language}.db")]
    return CliRunner().invoke(main, [*arguments, "--language", language], catch_exceptions=False)


def test_an_honest_exchange_opens_without_a_warning(world: World, now: datetime, tmp_path: Path) -> None:
    case = honest(world, now)
    for opened in open_all(world, case, Memory(tmp_path / "memory.db"), now):
        assert opened.warnings == ()
        assert opened.signer in world.fingerprints.values()
        assert opened.form is not None
    for language in LANGUAGES:
        assert gsp_open(world, case, tmp_path, language).exit_code == 0


def test_the_same_mail_can_be_opened_twice(world: World, now: datetime, tmp_path: Path) -> None:
    _, mail = asked(world, now)
    opened = open_all(world, Case("EU", (mail, mail)), Memory(tmp_path / "memory.db"), now)
    assert [one.warnings for one in opened] == [(), ()]


@pytest.mark.parametrize(("make", "code"), CAUGHT, ids=NAMES)
def test_only_the_binding_gives_it_away(
    world: World, now: datetime, tmp_path: Path, make: Callable[[World, datetime], Case], code: BindingErrorCode
) -> None:
    *before, last = open_all(world, make(world, now), Memory(tmp_path / "memory.db"), now)
    assert all(opened.warnings == () for opened in before)
    assert last.warnings == (warning(code),)
    assert last.seal is not None
    assert last.signer == world.fingerprints[last.seal.sending_party], "seal and signature hold"


def test_a_replay_under_the_readers_own_name_is_caught(world: World, now: datetime, tmp_path: Path) -> None:
    """No seal covers From: whoever can change it must not pass a replay off as the reader's own sent mail."""
    case = replayed_in_its_exchange(world, now)
    first, again = case.mails
    sender, reader = ADDRESSES["KE"].encode(), ADDRESSES["EU"].encode()
    renamed = again.replace(b"From: " + sender, b'From: "' + reader + b'" <' + sender + b">", 1)
    assert renamed != again
    opened = open_all(world, replace(case, mails=(first, renamed)), Memory(tmp_path / "memory.db"), now)
    assert opened[-1].warnings == (warning(BindingErrorCode.REPLAYED),)


@pytest.mark.parametrize(("make", "code"), CAUGHT, ids=NAMES)
def test_the_officer_is_warned_in_their_language_and_a_script_by_the_exit_status(
    world: World, now: datetime, tmp_path: Path, make: Callable[[World, datetime], Case], code: BindingErrorCode
) -> None:
    case = make(world, now)
    told = []
    for language in LANGUAGES:
        result = gsp_open(world, case, tmp_path, language)
        assert result.exit_code == 1
        words = words_in(language)
        told.append(words.text(phrase("WARNING: {warning}", warning=warning(code))))
        assert result.stdout.count(told[-1]) == 1
    assert all(one != other for one, other in itertools.combinations(told, 2))
