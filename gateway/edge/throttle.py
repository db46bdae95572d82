"""Counters against guessing, flooding and hoarding: in memory only, bounded, on a monotonic clock."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address


def client_network(host: str) -> str:
    """The key under which a client's address is counted: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


class FailureRegister:
    """Counts failed authentications by key; forgets them `window` seconds after the first."""

    def __init__(self, limit: int, window: float, remembered: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._window = window
        self._remembered = remembered
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def locked(self, key: str) -> bool:
        """Whether the key has used up its failures."""
        count, since = self._failures.get(key, (0, 0.0))
        return count >= self._limit and self._clock() - since < self._window

    def record(self, key: str) -> None:
        """Count one failure."""
        now = self._clock()
        count, since = self._failures.pop(key, (0, now))
        if now - since >= self._window:
            count, since = 0, now
        self._failures[key] = (count + 1, since)
        if len(self._failures) > self._remembered:
            self._failures.popitem(last=False)

    def withdraw(self, key: str) -> None:
        """Take one failure back: it was none."""
        count, since = self._failures.get(key, (0, 0.0))
        if count > 1:
            self._failures[key] = (count - 1, since)
        else:
            self.forget(key)

    def forget(self, key: str) -> None:
        """The key has authenticated."""
        self._failures.pop(key, None)


class TokenBuckets:
    """One bucket a key: holds `per_minute` tokens and gains as many in a minute."""

    def __init__(self, per_minute: int, remembered: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._remembered = remembered
        self._clock = clock
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def take(self, key: int) -> bool:
        """Take one token; False if there is none."""
        now = self._clock()
        tokens, at = self._buckets.pop(key, (float(self._per_minute), now))
        tokens = min(self._per_minute, tokens + (now - at) * self._per_minute / 60)
        taken = tokens >= 1
        self._buckets[key] = (tokens - 1 if taken else tokens, now)
        if len(self._buckets) > self._remembered:
            self._buckets.popitem(last=False)
        return taken


class Places:
    """Open sessions: a cap on all, and one for each key."""

    def __init__(self, limit: int, limit_per_key: int) -> None:
        self._limit = limit
        self._limit_per_key = limit_per_key
        self._taken: Counter[str] = Counter()
        self._total = 0

    def take(self, key: str) -> bool:
        """Take a place; False if there is none."""
        if self._total >= self._limit or self._taken[key] >= self._limit_per_key:
            return False
        self._total += 1
        self._taken[key] += 1
        return True

    def leave(self, key: str) -> None:
        """Give a taken place back."""
        self._total -= 1
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]


class MemoryLedger:
    """Octets of mail held in memory by all sessions together."""

    def __init__(self, limit: int) -> None:
        self.free = limit


class Reservation:
    """One mail's part of the ledger."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self._octets = 0

    def resize(self, octets: int) -> bool:
        """Reserve this many octets in all; False, and no change, if the ledger has no room."""
        if octets - self._octets > self._ledger.free:
            return False
        self._ledger.free -= octets - self._octets
        self._octets = octets
        return True

    def release(self) -> None:
        """Give everything back. May be called twice."""
        self.resize(0)
