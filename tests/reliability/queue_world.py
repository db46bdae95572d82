"""A queue on disk, its programs run in this process or in one that is killed just before a commit."""

import os
import secrets
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pysequoia
from sqlalchemy import Connection, Engine, event, insert, select, update

import gateway.schema
from gateway.delivering import EnvelopeObserver
from gateway.key_life.compromised_readers import CompromisedReaders
from gateway.processing import Processor
from gateway.schema import envelope_log
from gateway.signing import GatewaySigner
from keyring_admin.certificate_store import Purpose, admit_certificate
from keyring_admin.certificates import CertificateFacts, KeyFacts
from keyring_admin.database import metadata, open_database, write_transaction
from keyring_admin.gateway_key import GatewaySecret
from keyring_admin.officers import Officer, Role, admit_officer
from keyring_admin.parties import Party, admit_party
from keyring_admin.schema import officers
from mailroom.delivery import Deliverer, RetryPolicy
from mailroom.exchanges import Exchange, Mode, open_exchange
from mailroom.intake import AcceptedMail, Presentation, store_mail
from mailroom.lmtp import LmtpConnection
from mailroom.notice_requests import notice_requests
from mailroom.outbound import DeliveryKind
from mailroom.schema import accepted_mails, bodies, deliveries, seen_slips

from .lmtp_server import LmtpServer

assert gateway.schema
EXCHANGE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
DOMAIN = "gsp.test"
OFFICER = "amina@customs.ke.test"
READER = bytes(pysequoia.Tsk.generate("amina <amina@customs.ke.test>"))
SECRET = bytes(pysequoia.Tsk.generate("gateway <query@gsp.test>"))
_MAIL = AcceptedMail(
    id=0,
    queue_id="",
    accepted_at=datetime(2026, 1, 1, tzinfo=UTC),
    exchange=EXCHANGE,
    message_class="query",
    mode=Mode.SEALED,
    presentation=Presentation.MIME,
    sender=0,
    sending_party="KE",
    receiving_party="EU",
    body_sha256="ab" * 32,
    library_version=2,
    log_position=1,
    rules_passed=("one", "two"),
    unmatched_reply=False,
)
BODY = b"\x84ciphertext"
POLICY = RetryPolicy(
    first=60,
    longest=3600,
    late=timedelta(hours=4),
    give_up=timedelta(hours=48),
    lease=timedelta(seconds=60),
    connections=2,
)
LONG_ENOUGH = 60  # failed attempts that take more than 48 hours under POLICY


class BrokenSignerError(ArithmeticError):
    """The fault of a program."""


class BrokenSigner(GatewaySigner):
    """A signer that fails each time."""

    def sign_detached(self, octets: bytes) -> bytes:
        raise BrokenSignerError

    def sign_clearly(self, octets: bytes) -> bytes:
        raise BrokenSignerError


class QueueWorld:
    """One queue with one officer, and the mailbox server it delivers to."""

    def __init__(self, folder: Path, lmtp: LmtpServer) -> None:
        self.folder, self.lmtp = folder, lmtp
        self.url = f"sqlite:///{folder / 'queue.db'}"
        self.engine = open_database(self.url)
        metadata.create_all(self.engine)
        officer = Officer(0, OFFICER, "KE", "en", frozenset({Role.QUERY}), True, None, "")
        with write_transaction(self.engine) as connection:
            admit_party(connection, Party("KE", "Kenya", date(2020, 1, 1), None, True, ("customs.ke.test",)))
            admit_officer(connection, officer)
            open_exchange(connection, Exchange(EXCHANGE, "7F3K-9Q2M", Mode.SEALED, "KE", "EU", datetime.now(UTC)))

    # What is in it

    def mail(self, *, age: timedelta = timedelta(0)) -> AcceptedMail:
        """A mail to be accepted."""
        return replace(_MAIL, queue_id=secrets.token_hex(8).upper(), sender=1, accepted_at=datetime.now(UTC) - age)

    def accept(self, *, age: timedelta = timedelta(0)) -> None:
        """A mail waits for `process`."""
        self.write(lambda connection: store_mail(connection, self.mail(age=age), BODY))

    def process(self, engine: Engine | None = None, *, broken: bool = False) -> None:
        """Let `process` do all it can."""
        self.processor(engine, broken=broken).process_all()

    def processor(self, engine: Engine | None = None, *, broken: bool = False) -> Processor:
        """The program's core."""
        signer = (BrokenSigner if broken else GatewaySigner)(GatewaySecret("", SECRET))
        return Processor(engine or self.engine, signer, DOMAIN, pilot=True)

    def ready(self) -> None:
        """A delivery to a Party is due, and no other."""
        self.accept()
        self.process()
        self.write(
            lambda connection: connection.execute(
                deliveries.delete().where(deliveries.c.kind != DeliveryKind.PARTY.value)
            )
        )

    def deliver(self, engine: Engine | None = None, **changes: Any) -> None:
        """Let `deliver` do what is due. The first commit is the lease, the second what became of it."""
        deliverer = self.deliverer(engine, **changes)
        deliverer.start_due()
        deadline = time.monotonic() + 20
        while deliverer.busy:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        deliverer.stop()

    def deliverer(self, engine: Engine | None = None, **changes: Any) -> Deliverer:
        """The program's core. changes: of Deliverer's arguments."""
        arguments = {
            "connect": lambda: LmtpConnection(self.lmtp.path, timeout=5),
            "holds_message": self.lmtp.holds,
            "observer": EnvelopeObserver(True, self.folder / "no-bell", CompromisedReaders(self.engine)),
            "policy": POLICY,
            "when_free": lambda: None,
        }
        return Deliverer(engine or self.engine, **{**arguments, **changes})

    def set(self, **values: Any) -> None:
        """Change all deliveries."""
        self.write(lambda connection: connection.execute(update(deliveries).values(**values)))

    def request_notice_to_reader(self) -> None:
        """A notice is requested for an officer who has a certificate."""
        key = KeyFacts("A" * 16, "A" * 40, can_encrypt=True, can_sign=True, expires_at=None, revoked=False)
        facts = CertificateFacts(key.fingerprint, READER, (key,))

        def give(connection: Connection) -> None:
            admit_certificate(connection, facts, purpose=Purpose.OFFICER, party="KE", now=datetime.now(UTC))
            connection.execute(update(officers).values(certificate=facts.fingerprint))

        self.write(give)
        self.request_notice()

    def request_notice(self) -> None:
        """A notice is requested for an officer who has none."""
        values = {"requested_at": datetime.now(UTC), "officer": 1, "kind": "new-query", "queue_id": "A", "attempts": 0}
        self.write(lambda connection: connection.execute(insert(notice_requests).values(**values)))

    def write(self, work: Callable[[Connection], Any]) -> None:
        """One transaction."""
        with write_transaction(self.engine) as connection:
            work(connection)

    def picture(self) -> str:
        """Every state there is, in words; `?` marks an uncertain delivery."""
        with self.engine.connect() as connection:
            mails = [f"mail {row.state}" for row in connection.execute(select(accepted_mails))]
            queued = [
                f"{row.kind} {row.state}{'?' if row.uncertain else ''}"
                for row in connection.execute(select(deliveries).order_by(deliveries.c.id))
            ]
            requests = [
                f"request {row.kind}/{row.attempts}{' held' if row.held_until else ''}"
                for row in connection.execute(select(notice_requests))
            ]
            log = [f"log {row.outcome}" for row in connection.execute(select(envelope_log))]
            body = ["body" for _ in connection.execute(select(bodies.c.id))]
            slips = ["slip" for _ in connection.execute(select(seen_slips.c.slip))]
        return ", ".join((*mails, *queued, *requests, *log, *body, *slips))

    # Death

    def die_before_commit(self, number: int, act: Callable[[Engine], None]) -> None:
        """Do it in another process, which is killed when it is about to commit for the `number`th time."""
        self.engine.dispose()
        pid = os.fork()
        if pid == 0:
            try:
                engine = open_database(self.url)
                _die_at(engine, number)
                act(engine)
            finally:
                os._exit(3)  # it should have died before
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), f"the edge has fewer than {number} commits"
        assert os.WTERMSIG(status) == signal.SIGKILL


def _die_at(engine: Engine, number: int) -> None:
    commits = 0

    def before_commit(_connection: Connection) -> None:
        nonlocal commits
        commits += 1
        if commits == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "commit", before_commit)
