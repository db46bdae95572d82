"""Accepted mails: waiting, processed, parked; slips that were seen."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, update
from sqlalchemy.exc import IntegrityError

from mailroom.exchanges import (
    Exchange,
    Mode,
    find_exchange_by_token,
    find_exchanges_by_message_ids,
    message_ids_of,
    open_exchange,
    remember_message_id,
)
from mailroom.intake import (
    AcceptedMail,
    MailState,
    UnreadableMailError,
    count_failure,
    count_mails,
    forget_expired_slips,
    mark_processed,
    remember_slip,
    seen_slip,
    unshunt_mails,
    waiting_mails,
)
from mailroom.schema import accepted_mails

from .queue_world import EXCHANGE, QueueWorld

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def waiting(queue: QueueWorld, limit: int = 10) -> list[AcceptedMail]:
    found: list[AcceptedMail] = queue.write(lambda connection: waiting_mails(connection, limit=limit))
    return found


def mark(queue: QueueWorld, *mails: AcceptedMail) -> frozenset[int]:
    marked: frozenset[int] = queue.write(lambda connection: mark_processed(connection, [mail.id for mail in mails]))
    return marked


def test_mails_wait_in_their_order_until_processed(queue: QueueWorld) -> None:
    first, second, third = queue.accept(), queue.accept(), queue.accept()
    assert waiting(queue) == [first, second, third]
    assert waiting(queue, limit=2) == [first, second]
    assert first.id < second.id < third.id
    assert second.rules_passed == ("one", "two")
    assert mark(queue, first, second) == {first.id, second.id}
    assert waiting(queue) == [third]


def test_of_two_programs_only_one_makes_a_mail_ready(queue: QueueWorld) -> None:
    first, second = queue.accept(), queue.accept()
    assert mark(queue, first) == {first.id}
    assert mark(queue, first, second) == {second.id}
    assert queue.write(lambda connection: count_failure(connection, first.id, shunt_after=1)) is MailState.PROCESSED
    assert queue.write(count_mails) == {MailState.PROCESSED: 2}


def test_a_mail_that_cannot_be_read_is_told_of_when_it_is_the_first(queue: QueueWorld) -> None:
    first, unreadable, last = queue.accept(), queue.accept(), queue.accept()
    strange = update(accepted_mails).where(accepted_mails.c.id == unreadable.id).values(mode="of-the-future")
    queue.write(lambda connection: connection.execute(strange))
    assert waiting(queue) == [first]
    mark(queue, first)
    with pytest.raises(UnreadableMailError):
        waiting(queue)
    queue.write(lambda connection: count_failure(connection, unreadable.id, shunt_after=1))
    assert waiting(queue) == [last]


def test_a_mail_that_fails_three_times_is_parked_and_can_be_let_go(queue: QueueWorld) -> None:
    mail = queue.accept()

    def fail() -> MailState:
        state: MailState = queue.write(lambda connection: count_failure(connection, mail.id, shunt_after=3))
        return state

    assert [fail(), fail(), fail()] == [MailState.ACCEPTED, MailState.ACCEPTED, MailState.SHUNTED]
    assert waiting(queue) == []
    assert queue.bodies() == 1
    assert queue.write(count_mails) == {MailState.SHUNTED: 1}
    assert queue.write(unshunt_mails) == 1
    assert waiting(queue) == [mail]
    assert fail() is MailState.ACCEPTED


def test_a_slip_is_one_officer_s_until_it_expires(queue: QueueWorld) -> None:
    def remember(officer: int) -> None:
        queue.write(lambda connection: remember_slip(connection, officer, EXCHANGE, "ab" * 32, NOW))

    remember(1)
    with pytest.raises(IntegrityError):
        remember(1)
    remember(2)  # REL-23: another officer's slip of the same id is another slip
    assert queue.write(lambda connection: seen_slip(connection, 1, EXCHANGE)) == "ab" * 32
    assert queue.write(lambda connection: seen_slip(connection, 3, EXCHANGE)) is None
    assert queue.write(lambda connection: forget_expired_slips(connection, NOW)) == 0
    assert queue.write(lambda connection: forget_expired_slips(connection, NOW + timedelta(seconds=1))) == 2
    assert queue.write(lambda connection: seen_slip(connection, 1, EXCHANGE)) is None


def test_an_exchange_is_found_by_what_the_gateway_minted(queue: QueueWorld) -> None:
    exchange = Exchange(EXCHANGE, "7F3K-9Q2M", Mode.DIRECT, "KE", "EU", NOW)

    def work(connection: Connection) -> None:
        open_exchange(connection, exchange)
        for number in (2, 1):
            at = NOW + timedelta(seconds=number)
            remember_message_id(connection, f"<{number}@gsp.test>", EXCHANGE, at)

    queue.write(work)
    assert queue.write(lambda connection: message_ids_of(connection, EXCHANGE)) == ("<1@gsp.test>", "<2@gsp.test>")
    found = queue.write(lambda connection: list(find_exchanges_by_message_ids(connection, ["<x@y>", "<1@gsp.test>"])))
    assert found == [exchange]
    assert exchange == queue.write(lambda connection: find_exchange_by_token(connection, "7F3K-9Q2M"))
    assert queue.write(lambda connection: list(find_exchanges_by_message_ids(connection, []))) == []
    assert (exchange.other_side("KE"), exchange.other_side("EU"), exchange.other_side("PK")) == ("EU", "KE", None)
