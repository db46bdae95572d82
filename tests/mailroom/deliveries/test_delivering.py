"""Deliveries: each state and each edge between them, with a real database and a real LMTP dialogue."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from keyring_admin.openpgp.armor import enarmor
from mailroom.outbound import count_deliveries, unshunt_deliveries
from mailroom.schema import accepted_mails

from .queue_world import BODY, PARTY, SENT, QueueWorld, policy
from .servers import Answer

LONG_AGO = timedelta(days=3)


def test_a_delivery_done_has_no_row_and_the_last_one_takes_the_ciphertext(queue: QueueWorld) -> None:
    to_party, sent = queue.queue(PARTY, SENT)
    queue.lmtp.answers[SENT].append(Answer.LATER)
    deliverer = queue.deliverer()
    queue.until(lambda: queue.row(to_party) is None and queue.observer.told.count(("deferred", sent)) == 1, deliverer)
    assert queue.bodies() == 1
    queue.until(lambda: queue.rows() == [], deliverer)
    assert queue.bodies() == 0
    with queue.engine.connect() as connection:
        assert connection.scalars(select(accepted_mails.c.sender)).all() == [None]
    (mail,) = queue.lmtp.mails_of(PARTY)
    assert mail.endswith(b"\r\n\r\n" + enarmor(BODY) + b"\r\n")


def test_a_temporary_answer_defers_with_back_off(queue: QueueWorld) -> None:
    (delivery,) = queue.queue(PARTY)
    queue.lmtp.answers[PARTY].append(Answer.LATER)
    deliverer = queue.deliverer(first=100.0, longest=1000.0)
    before = datetime.now(UTC)
    deliverer.start_due()
    queue.until(lambda: [row["state"] for row in queue.rows()] == ["deferred"])
    row = queue.row(delivery)
    assert row is not None
    assert (row["state"], row["attempts"], row["uncertain"], row["leased_until"]) == ("deferred", 1, False, None)
    assert timedelta(seconds=75) <= row["next_attempt_at"] - before <= timedelta(seconds=127)
    assert deliverer.start_due() == 0
    queue.set(next_attempt_at=before - timedelta(seconds=1))
    queue.until(lambda: queue.rows() == [], deliverer)
    assert len(queue.lmtp.mails_of(PARTY)) == 1


def test_waits_double_up_to_the_longest_and_are_not_all_alike() -> None:
    retries = policy(first=5.0, longest=3600.0)
    for attempts, seconds in ((0, 5), (1, 10), (4, 80), (20, 3600), (1000, 3600)):
        waits = [retries.wait(attempts).total_seconds() for _ in range(50)]
        assert min(waits) >= seconds * 0.75
        assert max(waits) <= seconds * 1.25
        assert len(set(waits)) > 40


def test_a_permanent_answer_returns_the_mail_at_once(queue: QueueWorld) -> None:
    (delivery,) = queue.queue(PARTY)
    queue.lmtp.answers[PARTY].append(Answer.NEVER)
    queue.until(lambda: queue.rows() == [], queue.deliverer())
    assert queue.observer.told == [("returned", delivery)]
    assert queue.bodies() == 0


def test_what_was_tried_for_too_long_is_given_up(queue: QueueWorld) -> None:
    (delivery,) = queue.queue(PARTY)
    queue.set(created_at=datetime.now(UTC) - LONG_AGO, attempts=1_000_000)
    queue.lmtp.answers[PARTY].append(Answer.LATER)
    queue.until(lambda: queue.rows() == [], queue.deliverer())
    assert queue.observer.told == [("returned", delivery)]


@pytest.mark.parametrize(("answer", "copies"), [(Answer.STORE_SILENTLY, 1), (Answer.LOSE, 1)])
def test_a_connection_lost_after_the_data_is_asked_about_and_never_doubled(
    queue: QueueWorld, answer: Answer, copies: int
) -> None:
    """REL-12: whether the mailbox had stored it or not."""
    (delivery,) = queue.queue(PARTY)
    queue.lmtp.answers[PARTY].append(answer)
    deliverer = queue.deliverer()
    queue.until(lambda: queue.observer.told == [("deferred", delivery)], deliverer)
    assert queue.asked == []
    queue.until(lambda: queue.rows() == [], deliverer)
    assert [mailbox for mailbox, _ in queue.asked] == [PARTY]
    assert len(queue.lmtp.mails_of(PARTY)) == copies
    assert queue.observer.told[-1] == ("delivered", delivery)


def test_an_uncertain_delivery_stays_uncertain_while_the_mailbox_cannot_be_asked(queue: QueueWorld) -> None:
    (delivery,) = queue.queue(PARTY)
    queue.lmtp.answers[PARTY].append(Answer.STORE_SILENTLY)
    queue.answers_questions = False
    deliverer = queue.deliverer()
    queue.until(lambda: queue.observer.told.count(("deferred", delivery)) >= 2, deliverer)
    row = queue.row(delivery)
    assert row is not None
    assert row["uncertain"]
    queue.answers_questions = True
    queue.until(lambda: queue.rows() == [], deliverer)
    assert len(queue.lmtp.mails_of(PARTY)) == 1


@pytest.mark.parametrize("stored", [True, False], ids=["after it was stored", "before it was sent"])
def test_a_program_killed_with_a_lease_leaves_an_uncertain_delivery(queue: QueueWorld, *, stored: bool) -> None:
    """REL-14."""
    (delivery,) = queue.queue(PARTY)
    row = queue.row(delivery)
    assert row is not None
    if stored:
        queue.lmtp.stored.append((PARTY, row["head"]))
    queue.set(state="leased", leased_until=datetime.now(UTC) - timedelta(seconds=1))
    queue.until(lambda: queue.rows() == [], queue.deliverer())
    assert queue.asked == [(PARTY, row["message_id"])]
    assert len(queue.lmtp.mails_of(PARTY)) == 1


def test_a_lease_in_force_is_left_alone(queue: QueueWorld) -> None:
    queue.queue(PARTY)
    queue.set(state="leased", leased_until=datetime.now(UTC) + timedelta(seconds=30))
    assert queue.deliverer().start_due() == 0


def test_two_programs_share_the_work_and_deliver_each_mail_once(queue: QueueWorld) -> None:
    """REL-13."""
    mailboxes = [f"officer{number}@customs.ke.test" for number in range(12)]
    for mailbox in mailboxes:
        queue.queue(mailbox)
    first, second = queue.deliverer(), queue.deliverer()

    def work() -> bool:
        second.start_due()
        return queue.rows() == []

    queue.until(work, first)
    assert sorted(mailbox for mailbox, _ in queue.lmtp.stored) == sorted(mailboxes)


def test_one_writer_a_mailbox_and_mails_in_their_order(queue: QueueWorld) -> None:
    ids = [queue.queue(PARTY)[0] for _ in range(8)]
    order = [row["message_id"].encode() for row in queue.rows()]
    queue.until(lambda: queue.rows() == [], queue.deliverer())
    assert queue.lmtp.most_at_once[PARTY] == 1
    found = [order.index(next(token for token in order if token in mail)) for mail in queue.lmtp.mails_of(PARTY)]
    assert all(earlier < later for earlier, later in pairwise(found))
    assert len(ids) == len(found)


def test_a_mailbox_that_fails_does_not_hold_up_the_others(queue: QueueWorld) -> None:
    """REL-22."""
    (broken,) = queue.queue(PARTY)
    queue.lmtp.answers[PARTY].extend([Answer.LATER] * 1000)
    others = [queue.queue(f"officer{number}@customs.ke.test")[0] for number in range(6)]
    deliverer = queue.deliverer()
    queue.until(lambda: {row["id"] for row in queue.rows()} == {broken}, deliverer)
    assert len(queue.lmtp.stored) == len(others)


def test_what_raises_is_parked_and_flows_again_when_let_go(queue: QueueWorld) -> None:
    """REL-15."""
    (poison,) = queue.queue(PARTY)
    queue.observer.fails = True
    deliverer = queue.deliverer()
    queue.until(lambda: ("shunted", poison) in queue.observer.told, deliverer)
    row = queue.row(poison)
    assert row is not None
    assert (row["state"], row["leased_until"]) == ("shunted", None)
    assert queue.bodies() == 1
    assert deliverer.start_due() == 0
    queue.observer.fails = False
    assert queue.write(lambda connection: unshunt_deliveries(connection, datetime.now(UTC))) == 1
    queue.until(lambda: queue.rows() == [], deliverer)
    assert len(queue.lmtp.mails_of(PARTY)) == 1  # it was asked about first
    assert len(queue.asked) == 1


def test_a_poisoned_mail_does_not_stop_others(queue: QueueWorld) -> None:
    (poison,) = queue.queue(PARTY)
    queue.set(head=b"bare\nline end\r\n")
    good = queue.queue(PARTY)
    queue.until(lambda: [row["id"] for row in queue.rows()] == [poison], queue.deliverer())
    assert ("shunted", poison) in queue.observer.told
    assert ("delivered", good[0]) in queue.observer.told


def test_stopping_finishes_what_is_under_way_and_gives_back_the_rest(queue: QueueWorld) -> None:
    ids = [queue.queue(PARTY)[0] for _ in range(3)]
    queue.lmtp.hold.clear()
    deliverer = queue.deliverer()
    assert deliverer.start_due() == len(ids)
    queue.until(lambda: queue.lmtp.most_at_once[PARTY] == 1)
    deliverer._stopping.set()
    queue.lmtp.hold.set()
    deliverer.stop()
    assert [row["state"] for row in queue.rows()] == ["ready", "ready"]
    assert len(queue.lmtp.stored) == 1


def test_states_are_counted(queue: QueueWorld) -> None:
    queue.queue(PARTY, SENT)
    with queue.engine.connect() as connection:
        assert {state.value: number for state, number in count_deliveries(connection).items()} == {"ready": 2}


def test_nothing_of_a_mail_shows_in_the_repr_of_a_delivery(queue: QueueWorld) -> None:
    queue.queue(PARTY)
    queue.lmtp.answers[PARTY].append(Answer.LATER)
    assert b"ciphertext".decode() not in repr(queue.accept())
