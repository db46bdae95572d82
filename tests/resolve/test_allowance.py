"""How often one officer may ask."""

from gateway.resolve.allowance import Allowance


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_in_any_hour_and_what_is_refused_does_not_count() -> None:
    clock = Clock()
    allowance = Allowance(3, clock=clock)
    assert [allowance.take(1) for _ in range(5)] == [True, True, True, False, False]
    clock.now += 3599
    assert not allowance.take(1)
    clock.now += 1
    assert [allowance.take(1) for _ in range(4)] == [True, True, True, False]


def test_each_officer_has_an_own_allowance() -> None:
    allowance = Allowance(1, clock=Clock())
    assert [allowance.take(key) for key in (1, 2, 1, 2)] == [True, True, False, False]


def test_the_hour_is_not_that_of_the_clock() -> None:
    clock = Clock()
    allowance = Allowance(2, clock=clock)
    assert allowance.take(1)
    clock.now += 3000
    assert allowance.take(1)
    clock.now += 700  # the first one is over an hour ago, the second is not
    assert [allowance.take(1), allowance.take(1)] == [True, False]


def test_memory_is_bounded() -> None:
    allowance = Allowance(1, remembered=10, clock=Clock())
    assert all(allowance.take(key) for key in range(1000))
    assert len(allowance._taken) == 10
