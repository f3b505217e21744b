"""Answers that are a moment old serve everybody who asks: however many askers, one request is under way."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from embedded_server.contracts.concurrency import spawn

T = TypeVar("T")

KEEP_S: Final = 1.0
KEEP_FAILURE_S: Final = 3.0
"""A broker that does not answer is not asked again by every asker in turn."""
COST_FACTOR: Final = 4.0
"""What took a second to answer is good for four: watching shall not be what loads the broker."""


@dataclass(slots=True)
class _Answer:
    future: "asyncio.Future[Any]"
    good_until: float = float("inf")


class Fresh:
    """Answers by key."""

    def __init__(self, *, keep_s: float = KEEP_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._keep_s = keep_s
        self._clock = clock
        self._answers: dict[Hashable, _Answer] = {}

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """Answer what *ask* does, or what it lately answered for *key*. Raises what it raises, for everybody who waits."""
        answer = self._answers.get(key)
        if answer is None or answer.good_until <= self._clock():
            answer = self._begin(key, ask)
        return cast("T", await asyncio.shield(answer.future))

    def forget(self) -> None:
        """Let whoever asks from now on have a new answer: something has been changed."""
        self._answers.clear()

    def _begin(self, key: Hashable, ask: Callable[[], Awaitable[Any]]) -> _Answer:
        self._let_go_of_the_old()
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_look_at_failure)
        answer = self._answers[key] = _Answer(future)
        spawn(self._ask(ask, answer), name=f"ask for {key}", notify=lambda exc: self._fail(answer, exc))
        return answer

    async def _ask(self, ask: Callable[[], Awaitable[Any]], answer: _Answer) -> None:
        began = self._clock()
        try:
            result = await ask()
        except asyncio.CancelledError:
            answer.good_until = 0
            answer.future.cancel()
            raise
        now = self._clock()
        answer.good_until = now + max(self._keep_s, COST_FACTOR * (now - began))
        if not answer.future.done():
            answer.future.set_result(result)

    def _fail(self, answer: _Answer, exc: BaseException) -> None:
        answer.good_until = self._clock() + min(KEEP_FAILURE_S, 3 * self._keep_s)
        if not answer.future.done():
            answer.future.set_exception(exc)

    def _let_go_of_the_old(self) -> None:
        now = self._clock()
        for key in [key for key, answer in self._answers.items() if answer.good_until <= now]:
            del self._answers[key]


def _look_at_failure(future: "asyncio.Future[Any]") -> None:
    """Keep asyncio from complaining where everybody who waited has gone."""
    if not future.cancelled():
        future.exception()
