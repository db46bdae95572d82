"""One mail transaction: MAIL, RCPT, DATA (RFC 5321 §3.3), one recipient, handed over to the gatekeeper once."""

import asyncio
from contextlib import ExitStack

from gateway.edge.address import PathSyntaxError, parse_mailbox, split_path
from gateway.edge.client import Client
from gateway.edge.data import DataScan
from gateway.edge.hang_up import HangUpError
from gateway.edge.house import House
from gateway.edge.parameters import asks_for_receipt, refuse_mail_parameters, refuse_recipient_parameters
from gateway.edge.ports import Identity, Submission
from gateway.edge.throttle import Reservation
from gateway.replies import (
    BAD_RECIPIENT_SYNTAX,
    BAD_SENDER_SYNTAX,
    BAD_SEQUENCE,
    BAD_SYNTAX,
    NO_SUCH_MAILBOX,
    ONE_RECIPIENT,
    RATE_LIMITED,
    SENDER_MISMATCH,
    START_DATA,
    STORAGE_FULL,
    TOO_MANY_RECIPIENTS,
    TRY_AGAIN,
    Reply,
)


class Transaction:
    """The envelope being made. reading: the message is on the wire, so what comes next is not a command."""

    def __init__(self, house: House, client: Client) -> None:
        self._house = house
        self._client = client
        self.reset()

    def reset(self) -> None:
        """RSET, EHLO, or the end of a mail."""
        self.reading = False
        self._sender: Identity | None = None
        self._recipient: str | None = None
        self._receipt = False
        self._recipients_left = self._house.limits.recipients

    async def mail(self, identity: Identity, argument: str) -> Reply:
        """MAIL: the reverse-path has to be the officer's own address."""
        if self._sender is not None:
            return BAD_SEQUENCE
        try:
            path, parameters = split_path(argument, "FROM:")
        except PathSyntaxError:
            return BAD_SYNTAX
        refusal = refuse_mail_parameters(parameters, self._house.limits.message_octets)
        if refusal is not None:
            return refusal
        if not path:
            return SENDER_MISMATCH  # RFC 5321 §4.5.5: only mail systems send with the null reverse-path
        try:
            address = parse_mailbox(path, special_use_domains=self._house.special_use_domains)
        except PathSyntaxError:
            return BAD_SENDER_SYNTAX
        if address != identity.address.lower():
            return SENDER_MISMATCH
        if not self._house.buckets.take(identity.officer_id):
            return RATE_LIMITED
        reply = await self._house.gatekeeper.admit_sender(identity)
        if reply.positive:
            self._sender = identity
        return reply

    async def rcpt(self, argument: str) -> Reply:
        """RCPT: one recipient, at the gateway's domain."""
        if self._sender is None:
            return BAD_SEQUENCE
        if self._recipients_left <= 0:
            raise HangUpError(TOO_MANY_RECIPIENTS)
        self._recipients_left -= 1
        try:
            path, parameters = split_path(argument, "TO:")
        except PathSyntaxError:
            return BAD_SYNTAX
        refusal = refuse_recipient_parameters(parameters)
        if refusal is not None:
            return refusal
        # RFC 5321 §4.5.1: the one name that needs no domain
        if path.lower() == "postmaster":
            path = f"postmaster@{self._house.domain}"
        try:
            address = parse_mailbox(path, special_use_domains=self._house.special_use_domains)
        except PathSyntaxError:
            return BAD_RECIPIENT_SYNTAX
        if not address.endswith(f"@{self._house.domain}"):
            return NO_SUCH_MAILBOX  # nothing is relayed
        if self._recipient is not None:
            return ONE_RECIPIENT
        reply = await self._house.gatekeeper.admit_recipient(self._sender, address)
        if reply.positive:
            self._recipient, self._receipt = address, asks_for_receipt(parameters)
        return reply

    async def data(self, argument: str) -> Reply:
        """DATA: read the message, hand it over, return the gatekeeper's reply."""
        if argument or self._sender is None or self._recipient is None:
            # A message sent along without waiting for 354 would be read as commands.
            if self._client.wire.has_input:
                raise HangUpError(BAD_SEQUENCE)
            return BAD_SYNTAX if argument else BAD_SEQUENCE
        sender, recipient, receipt = self._sender, self._recipient, self._receipt
        with ExitStack() as held:
            reservation = Reservation(self._house.memory)
            held.callback(reservation.release)
            self.reading = True
            await self._client.say(START_DATA)
            scan = await self._read(reservation)
            self.reset()
            if scan.out_of_step:
                raise HangUpError(scan.refusal or TRY_AGAIN)
            self._client.wire.give_back(scan.remainder)
            if scan.refusal is not None:
                return scan.refusal
            submission = Submission(sender, recipient, scan.octets, receipt)
            return await self._hand_over(submission, held.pop_all())

    async def _read(self, reservation: Reservation) -> DataScan:
        loop, limits = asyncio.get_running_loop(), self._house.limits
        scan = DataScan(limits)
        started = loop.time()
        while not scan.ended:
            # A sender has to keep up a rate: one octet every ten seconds keeps no session alive.
            deadline = started + limits.data + scan.received / limits.data_rate
            scan.feed(await self._client.wire.read_block(deadline))
            if not reservation.resize(scan.kept):
                scan.refuse(STORAGE_FULL)
                reservation.release()
        return scan

    async def _hand_over(self, submission: Submission, held: ExitStack) -> Reply:
        """Let the gatekeeper finish even if the client goes away: a mail is never half received (RFC 1047)."""

        async def receive() -> Reply:
            with held:
                return await self._house.gatekeeper.receive(submission)

        task = asyncio.get_running_loop().create_task(receive())
        self._house.handing_over.add(task)
        task.add_done_callback(self._house.handed_over)
        await asyncio.wait({task})  # unlike awaiting the task itself, this does not cancel it when the session ends
        fault = task.cancelled() or task.exception() is not None
        return TRY_AGAIN if fault else task.result()
