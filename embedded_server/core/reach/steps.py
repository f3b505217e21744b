"""The steps that the tests of all kinds of connection begin with, and how any step is taken, timed and told."""

import asyncio
import contextlib
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from embedded_server.contracts.connections import TestOutcome, TestReport, TestResult, TestStep
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.reach.peer import Peer, resolve
from embedded_server.core.reach.problems import NameNotFound, NetworkFails, NobodyListens

STEP_LIMIT_S: Final = 5.0
P = TypeVar("P", bound=Peer)

Address = tuple[str, int]
"""A resolved address and a port."""


@dataclass(frozen=True, slots=True)
class Found:
    """How a step that did not fail ended."""

    text: str = ""
    outcome: TestOutcome = TestOutcome.PASSED
    problem: UserFacingError | None = None


class Walk:
    """Takes the steps of a test in their order, up to the one that fails."""

    limit_s: float
    """For each step."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self.results: list[TestResult] = []

    async def run(self, acts: Mapping[TestStep, Callable[[], Awaitable[Found]]]) -> TestReport:
        """Take the steps; those after a failed one are skipped."""
        for step, act in acts.items():
            if any(result.outcome is TestOutcome.FAILED for result in self.results):
                self.results.append(TestResult(step, TestOutcome.SKIPPED))
            else:
                await self._take(step, act)
        return TestReport(self.results)

    def limit_of(self, step: TestStep) -> float | None:  # noqa: ARG002 - for those who tell steps apart
        """Answer how long a step may take; None is for a step that limits itself."""
        return self.limit_s

    def meaning(self, step: TestStep, exc: Exception) -> UserFacingError | None:
        """Answer what an exception means that is not for users; None where it means nothing that is known, and is raised."""
        raise NotImplementedError

    async def _take(self, step: TestStep, act: Callable[[], Awaitable[Found]]) -> None:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self.limit_of(step)):
                found = await act()
        except UserFacingError as exc:
            found = Found(outcome=TestOutcome.FAILED, problem=exc)
        except Exception as exc:
            problem = self.meaning(step, exc)
            if problem is None:
                raise
            found = Found(outcome=TestOutcome.FAILED, problem=problem)
        took_ms = (time.perf_counter() - began) * 1000
        told = found.problem.problem() if found.problem is not None else None
        self.results.append(TestResult(step, found.outcome, round(took_ms, 2), found.text, told))


async def find_name(host: str, port: int) -> list[Address]:
    """Answer every address of *host*. Raises `NameNotFound`."""
    try:
        return await resolve(host, port)
    except (socket.gaierror, UnicodeError) as exc:
        raise NameNotFound(host=host, detail=str(exc)) from exc


def is_address(host: str) -> bool:
    """Whether there is no name to look up."""
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host.partition("%")[0])
        return True
    return False


async def reach(
    kind: type[P], addresses: Sequence[Address], address: str, limit_s: float, *, nobody: type[NobodyListens]
) -> tuple[P, Address]:
    """Connect to the first of *addresses* that answers. Raises *nobody* or `NetworkFails`, and `TimeoutError` after *limit_s*."""
    failure: OSError | None = None
    share_s = limit_s / max(1, len(addresses))  # one that swallows packets leaves the others their time
    for one in addresses:
        try:
            async with asyncio.timeout(share_s):
                return await kind.connect(one), one
        except OSError as exc:
            failure = exc
    if isinstance(failure, TimeoutError) and not failure.errno:
        raise failure  # ours; the system's own has a reason
    if isinstance(failure, ConnectionRefusedError) or failure is None:
        raise nobody(address=address) from failure
    raise NetworkFails(address=address, reason=failure.strerror or str(failure)) from failure
