"""Guessing slows down, and memory stays bounded while somebody tries."""

from embedded_server.sessions import limiter
from embedded_server.sessions.limiter import AttemptLimiter


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def make(clock: Clock, limit: int = 2) -> AttemptLimiter:
    return AttemptLimiter(limit=limit, window_s=60, clock=clock)


def test_attempts_up_to_the_limit_are_free() -> None:
    attempts = make(Clock())
    attempts.begin("ada")
    assert attempts.wait_s("ada") == 0


def test_wait_lasts_until_the_oldest_attempt_leaves_the_window() -> None:
    clock = Clock()
    attempts = make(clock)
    attempts.begin("ada")
    clock.now += 20
    attempts.begin("ada")
    assert attempts.wait_s("ada") == 40
    clock.now += 40
    assert attempts.wait_s("ada") == 0


def test_keys_do_not_share_their_attempts() -> None:
    attempts = make(Clock(), limit=1)
    attempts.begin("ada")
    assert attempts.wait_s("grace") == 0


def test_success_forgives() -> None:
    attempts = make(Clock(), limit=1)
    attempts.begin("ada")
    attempts.forgive(["ada"])
    assert attempts.wait_s("ada") == 0


def test_keys_are_bounded() -> None:
    clock = Clock()
    attempts = make(clock)
    for number in range(limiter._MAX_KEYS + 50):
        attempts.begin(str(number))
    assert len(attempts._attempts) <= limiter._MAX_KEYS
