"""What all sessions of one edge share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.edge.limits import EdgeLimits
from gateway.edge.ports import Gatekeeper
from gateway.edge.throttle import FailureRegister, MemoryLedger, Places, TokenBuckets
from gateway.edge.tls import Tls
from gateway.replies import Reply


@dataclass(slots=True)
class House:
    """The rules of the house and its registers.

    domain: mail domain of the gateway, lower case. report_fault: takes the type name of an unexpected exception,
    nothing else of it. stopping: no new command is served. handing_over: mails the gatekeeper has in hand.
    """

    gatekeeper: Gatekeeper
    domain: str
    special_use_domains: bool
    limits: EdgeLimits
    tls: Tls
    report_fault: Callable[[str], None]
    stopping: bool = False
    handing_over: set[asyncio.Task[Reply]] = field(default_factory=set)
    places: Places = field(init=False)
    account_places: Places = field(init=False)
    account_failures: FailureRegister = field(init=False)
    address_failures: FailureRegister = field(init=False)
    buckets: TokenBuckets = field(init=False)
    memory: MemoryLedger = field(init=False)

    def __post_init__(self) -> None:
        limits = self.limits
        self.places = Places(limits.sessions, limits.sessions_per_address)
        self.account_places = Places(limits.sessions, limits.sessions_per_account)
        self.account_failures = FailureRegister(limits.failures_per_account, limits.failure_window, limits.remembered)
        self.address_failures = FailureRegister(limits.failures_per_address, limits.failure_window, limits.remembered)
        self.buckets = TokenBuckets(limits.mails_per_minute, limits.remembered)
        self.memory = MemoryLedger(limits.octets_in_memory)

    def handed_over(self, task: asyncio.Task[Reply]) -> None:
        """A mail has left the gatekeeper's hands. Its fault is reported here: the session may be gone."""
        self.handing_over.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.report_fault(type(error).__name__)
