"""The server's parts: started in order, the slow ones side by side, and stopped in reverse; each step timed.

One that fails does not take the others along.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.contracts.server import Part, PartState
from embedded_server.core.log_capture import EMBEDDED, Append

_logger = logging.getLogger(__name__)

STOP_LIMIT_S: Final = 3.0
"""The parts do not hold the server's end up for longer; what still runs then dies with it."""
_STOP_LEAST_S: Final = 0.2


class Startable(Protocol):
    """What the app composes: the journal, the brokers, the tasks, the hub, the streams."""

    async def start(self) -> None:
        """Begin; returns when usable."""

    async def stop(self) -> None:
        """End; may be called twice."""

    def status(self) -> Part:
        """Tell what it is doing."""


@runtime_checkable
class Compound(Protocol):
    """A part that is shown as several: the tasks are a worker and a monitor."""

    def parts(self) -> list[Part]:
        """Tell what each is doing."""


class Step(StrEnum):
    """The status of a ``server.lifecycle`` event."""

    STARTED = "started"
    STOPPED = "stopped"
    FAILED = "failed"


class UnknownPart(UserFacingError):
    """Somebody asked for a part that the server does not have."""

    status = 404
    title = N_("The server has no part named “{name}”")
    hint = N_("Its parts are: {names}.")


class PartNotRestartable(UserFacingError):
    """The server cannot do without this part, not even for a moment."""

    status = 409
    title = N_("“{name}” cannot be restarted by itself")
    hint = N_("Restart the whole server instead.")


class PartStarting(UserFacingError):
    """Asked for before it was ready, in the first seconds of the server."""

    status = 503
    title = N_("“{name}” is still starting")
    hint = N_("Try again in a moment; the Server panel shows how far it is.")


def idle_part(name: str, state: PartState = PartState.STOPPED, reason: str = "") -> Part:
    """Make the status of a part that is no process of its own."""
    return Part(name, state, reason, pid=0, address="", started_at=0, restarts=0, retry_at=0)


class Supervisor:
    """Knows every part: starts them in order, stops them in reverse, restarts one, and says how each fares."""

    def __init__(self, append: Append) -> None:
        self._append = append
        self._parts: dict[str, Startable] = {}
        self._required: set[str] = set()
        self._failures: dict[str, str] = {}
        self._awaited: set[str] = set()
        self._started_at: dict[str, int] = {}
        self._background: asyncio.Task[None] | None = None
        self._restarting = asyncio.Lock()

    def add(self, name: str, part: Startable) -> None:
        """Take *part* in, after those it depends on."""
        self._parts[name] = part

    def status(self) -> list[Part]:
        """Answer every part's status, in the order they start; a compound part's one by one."""
        return [shown for name, part in self._parts.items() for shown in self._shown(name, part)]

    async def start_required(self, name: str, part: Startable) -> None:
        """Take in and start a part that the server cannot do without: raises what its start raises."""
        began = time.monotonic()
        await part.start()
        self.add(name, part)
        self._required.add(name)
        self._append(lifecycle_event(name, Step.STARTED, time.monotonic() - began))

    async def start(self, names: Sequence[str]) -> None:
        """Start these parts one after another. A failing one is shown as failed, and the rest start."""
        for name in names:
            await self._start_one(name)

    def start_later(self, names: Sequence[str]) -> None:
        """Start these in the background, side by side: they take a second or more, and the server answers meanwhile."""
        self._awaited.update(names)
        self._background = spawn(self._start_together(names), name="start parts", notify=_log_failure)

    async def _start_together(self, names: Sequence[str]) -> None:
        await asyncio.gather(*(self._start_one(name) for name in names))

    async def _start_one(self, name: str) -> None:
        await self._step(name, Step.STARTED, self._parts[name].start)

    def require(self, name: str) -> None:
        """Raise `PartStarting` where this part is going to start and has not got anywhere yet."""
        shown = self._shown(name, self._parts[name]) if name in self._awaited else []
        if shown and all(part.state is PartState.STOPPED for part in shown):
            raise PartStarting(name=name)

    async def settled(self) -> None:
        """Return once everything begun with `start_later` is up or has failed."""
        if self._background is not None:
            await asyncio.wait([self._background])

    async def stop(self, *, keep: str = "") -> None:
        """Stop all but *keep*, the last first, within `STOP_LIMIT_S` in all. May be called twice."""
        await cancel(self._background)
        self._background = None
        deadline = time.monotonic() + STOP_LIMIT_S
        for name in reversed(self._parts):
            if name != keep:
                await self.stop_one(name, limit_s=max(_STOP_LEAST_S, deadline - time.monotonic()))

    async def stop_one(self, name: str, *, limit_s: float = STOP_LIMIT_S) -> None:
        """Stop one part, where it is not stopped yet."""
        part = self._parts[name]
        if part.status().state is not PartState.STOPPED:
            await self._step(name, Step.STOPPED, part.stop, limit_s=limit_s)

    async def restart(self, name: str) -> Part:
        """Stop and start one part (of a compound part the whole); answer its status."""
        whole, part = self._whole(name)
        if whole in self._required:
            raise PartNotRestartable(name=name)
        await self.settled()
        async with self._restarting:
            await self._step(whole, Step.STOPPED, part.stop, limit_s=STOP_LIMIT_S)
            await self._step(whole, Step.STARTED, part.start)
        return next((shown for shown in self._shown(whole, part) if shown.name == name), self._status_of(whole, part))

    def _whole(self, name: str) -> tuple[str, Startable]:
        for whole, part in self._parts.items():
            if name == whole or any(shown.name == name for shown in self._shown(whole, part)):
                return whole, part
        raise UnknownPart(name=name, names=", ".join(shown.name for shown in self.status()))

    def _shown(self, name: str, part: Startable) -> list[Part]:
        if not isinstance(part, Compound):
            return [self._status_of(name, part)]
        failure = self._failures.get(name)
        return [replace(shown, state=PartState.FAILED, reason=failure) if failure else shown for shown in part.parts()]

    def _status_of(self, name: str, part: Startable) -> Part:
        status = replace(part.status(), name=name)
        if status.state is PartState.RUNNING and not status.started_at:
            status = replace(status, started_at=self._started_at.get(name, 0))
        failure = self._failures.get(name)
        return replace(status, state=PartState.FAILED, reason=failure) if failure else status

    async def _step(self, name: str, step: Step, act: Callable[[], Awaitable[None]], *, limit_s: float | None = None) -> None:
        began = time.monotonic()
        reason = ""
        try:
            async with asyncio.timeout(limit_s):
                await act()
        except UserFacingError as exc:
            reason = f"{exc}. {exc.problem().hint}"
        except TimeoutError:
            reason = f"Did not end within {limit_s:.1f} seconds" if limit_s else "Timed out"
        except Exception:
            _logger.exception("part %s could not be %s", name, step.value)
            reason = "Something unforeseen happened; the server's log has the cause"
        if reason:
            self._failures[name] = reason
        else:
            self._failures.pop(name, None)
        self._awaited.discard(name)
        self._started_at[name] = time.time_ns()
        self._append(lifecycle_event(name, Step.FAILED if reason else step, time.monotonic() - began, reason))


def lifecycle_event(part: str, step: Step, duration_s: float, reason: str = "") -> Event:
    """Make the journal event of one step in the server's life; its key is the duration in milliseconds."""
    duration_ms = f"{duration_s * 1000:.1f}"
    text = reason or f"{part} {step.value} in {duration_ms} ms"
    return Event(
        at=time.time_ns(),
        connection=EMBEDDED,
        kind=Kind.SERVER_LIFECYCLE,
        subject=part,
        key=duration_ms,
        status=step.value,
        preview=text[:256],
    )


def _log_failure(exc: BaseException) -> None:
    _logger.error("starting the parts failed", exc_info=exc)
