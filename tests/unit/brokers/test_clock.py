"""Calls to come: made in order, each once, and forgotten where they are cancelled."""

from embedded_server.brokers.clock import SWEPT_FROM, Timers


class Hands:
    """A clock that stands until it is turned."""

    seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def wall(self) -> float:
        return self.seconds


def test_calls_are_made_in_the_order_of_their_times_and_once() -> None:
    hands, made = Hands(), []
    timers = Timers(hands)
    for when in (3, 1, 2, 1):
        timers.call_at(when, lambda when=when: made.append(when))  # type: ignore[misc] # mypy cannot infer a lambda with a default
    hands.seconds = 2
    timers.run_due()
    timers.run_due()
    assert made == [1, 1, 2]
    assert timers.next_at() == 3


def test_cancelled_calls_do_not_add_up_however_far_ahead_they_were() -> None:
    timers = Timers(Hands())
    made: list[int] = []
    for number in range(50 * SWEPT_FROM):
        timers.call_at(1e9, lambda: made.append(-1)).cancel()
        if number % SWEPT_FROM == 0:
            timers.call_at(number, lambda number=number: made.append(number))  # type: ignore[misc] # as above
        assert len(timers._heap) <= SWEPT_FROM
    hands = timers._clock
    assert isinstance(hands, Hands)
    hands.seconds = 2e9
    timers.run_due()
    assert made == list(range(0, 50 * SWEPT_FROM, SWEPT_FROM))


def test_calls_that_are_meant_are_kept_however_many_they_are() -> None:
    hands, made = Hands(), []
    timers = Timers(hands)
    for number in range(5 * SWEPT_FROM):
        timers.call_at(1.0, lambda number=number: made.append(number))  # type: ignore[misc] # as above
    hands.seconds = 1
    timers.run_due()
    assert made == list(range(5 * SWEPT_FROM))
