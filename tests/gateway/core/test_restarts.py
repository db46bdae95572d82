"""A program that crashed once is back at once; one that cannot live is not started in a tight loop."""

from gateway.programs.restarts import LONGEST_SECONDS, STABLE_SECONDS, Restarts


def test_one_crash_after_a_good_while_is_mended_at_once_each_time() -> None:
    restarts = Restarts()
    assert [restarts.wait_after(lived) for lived in (STABLE_SECONDS, 3600.0, 24 * 3600.0)] == [0.0, 0.0, 0.0]


def test_early_deaths_wait_longer_and_longer_up_to_the_longest_wait() -> None:
    restarts = Restarts()
    waits = [restarts.wait_after(0.3) for _ in range(10)]
    assert waits[:4] == [0.2, 0.4, 0.8, 1.6]
    assert waits == sorted(waits)
    assert waits[-2:] == [LONGEST_SECONDS, LONGEST_SECONDS]


def test_a_good_while_forgets_the_early_deaths() -> None:
    restarts = Restarts()
    for _ in range(10):
        restarts.wait_after(0.3)
    assert restarts.wait_after(STABLE_SECONDS + 1) == 0.0
    assert restarts.wait_after(0.3) == 0.2


def test_a_program_that_fails_for_days_does_not_stop_the_supervisor() -> None:
    restarts = Restarts()
    assert {restarts.wait_after(0.3) for _ in range(3000)} >= {LONGEST_SECONDS}
    assert restarts.wait_after(0.3) == LONGEST_SECONDS
