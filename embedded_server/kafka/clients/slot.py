"""One connection's admin client: opened on demand on threads of its own, and regained when it was lost."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from kafka import KafkaAdminClient
from kafka.errors import KafkaConnectionError

from embedded_server.contracts.concurrency import Backoff, cancel, spawn
from embedded_server.contracts.connections import Health, LinkState
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile, Resolve
from embedded_server.core.reach.problems import LinkClosed, LinkProblem
from embedded_server.kafka.clients.config import client_config_blocking
from embedded_server.kafka.clients.faults import NOTHING, About, problem_of_blocking
from embedded_server.kafka.clients.manager import Fault, Manager, OpenFailed, open_client_blocking
from embedded_server.kafka.problems import BrokerLost, KafkaTimedOut

T = TypeVar("T")

THREADS: Final = 4
"""For each connection: a slow request holds no other up."""
MOST_IN_FLIGHT: Final = 10_000
"""For each broker: what is asked beyond kafka-python's 5 fails at once as if the broker were away, and all our threads ask at once."""
TRY_AGAIN_S: Final = 1.0
"""Who asks while it waits makes it try at once, but not more often than this."""

_logger = logging.getLogger(__name__)


class Slot:
    """The place of one connection's admin client."""

    def __init__(self, resolve: Resolve, connection: str) -> None:
        self._resolve = resolve
        self._connection = connection
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"kafka-{connection}")
        self._admin: KafkaAdminClient | None = None
        self._profile: Profile | None = None
        self._manager: Manager | None = None
        self._connecting = asyncio.Lock()
        self._backoff = Backoff(first_s=0.5)
        self._state = LinkState.IDLE
        self._problem: UserFacingError | None = None
        self._retry_at = 0
        self._tried_at = 0.0
        self._regaining: asyncio.Task[None] | None = None
        self._beginning: asyncio.Task[None] | None = None
        self._closed = False

    def health(self) -> Health:
        """Answer how the connection fares."""
        problem = self._problem.problem() if self._problem is not None else None
        return Health(self._state, problem, self._retry_at if self._state is LinkState.WAITING else 0)

    def begin(self) -> None:
        """Open it in the background."""
        self._note(LinkState.CONNECTING)
        self._beginning = spawn(self._begin(), name=f"connect {self._connection}", notify=_log_failure)

    async def call(self, call: Callable[[KafkaAdminClient], T], timeout_s: float, about: About = NOTHING) -> T:
        """Answer what *call* answers, on a thread. Raises a `UserFacingError` for whatever went wrong."""
        admin = await self.get()
        profile, manager = self._profile, self._manager
        assert profile is not None, "there is an admin client"

        def run() -> T:
            try:
                return call(admin)
            except Exception as exc:
                closed = isinstance(exc, RuntimeError) and manager is not None and manager.closed  # while this call waited for its turn
                raise problem_of_blocking(KafkaConnectionError("closed") if closed else exc, profile, manager, about) from exc

        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.get_running_loop().run_in_executor(self._threads, run)
        except TimeoutError as exc:
            raise KafkaTimedOut(seconds=timeout_s) from exc
        except asyncio.CancelledError as exc:
            task = asyncio.current_task()
            if not self._closed or task is None or task.cancelling():
                raise
            raise LinkClosed(name=self._connection) from exc  # it was waiting for a thread
        except LinkProblem as exc:
            if manager is None or not manager.is_connected:  # one broker of several that is away is no reason to begin anew
                self.lost(admin, exc)
            raise

    async def problem(self, exc: BaseException) -> UserFacingError:
        """Answer what *exc*, which a call has kept, means."""
        profile, manager = self._profile or await self._resolve(self._connection), self._manager
        return await asyncio.to_thread(problem_of_blocking, exc, profile, manager)

    async def get(self) -> KafkaAdminClient:
        """Answer the admin client, or open it now. Who waits while another one tries shares its answer."""
        asked_at = time.monotonic()
        async with self._connecting:
            if self._closed:
                raise LinkClosed(name=self._connection)
            if self._admin is not None:
                return self._admin
            if self._problem is not None:
                if self.is_final or self._tried_at >= asked_at:
                    raise self._problem
                await asyncio.sleep(self._tried_at + TRY_AGAIN_S - time.monotonic())
            try:
                return await self._connect()
            except UserFacingError:
                self._regain()
                raise

    @property
    def is_final(self) -> bool:
        """Whether trying again does not mend it."""
        if isinstance(self._problem, LinkProblem):
            return self._problem.final
        return self._problem is not None

    def lost(self, admin: KafkaAdminClient, problem: UserFacingError) -> None:
        """Note that *admin* is of no use any more, and begin to regain it."""
        if self._admin is admin:
            self._admin = None
            asyncio.get_running_loop().run_in_executor(None, _close_blocking, admin)  # `close` lets go of what our own threads have to do
            self._problem = problem
            self._tried_at = time.monotonic()
            self._note(LinkState.FAILED if self.is_final else LinkState.WAITING, problem)
            self._regain()

    async def close(self) -> None:
        """Close it for good. May be called twice."""
        self._closed = True
        await cancel(self._beginning)
        await cancel(self._regaining)
        admin, self._admin = self._admin, None
        self._note(LinkState.IDLE)
        if admin is not None:
            await asyncio.to_thread(_close_blocking, admin)
        self._threads.shutdown(wait=False, cancel_futures=True)

    # -- inside

    async def _begin(self) -> None:
        with contextlib.suppress(UserFacingError):  # told by `health`
            await self.get()

    async def _connect(self) -> KafkaAdminClient:
        self._note(LinkState.CONNECTING, self._problem)
        loop = asyncio.get_running_loop()
        try:
            profile = await self._resolve(self._connection)
            admin, manager = await self._opened(profile)
        except UserFacingError as exc:
            self._problem = exc
            self._tried_at = time.monotonic()
            self._note(LinkState.FAILED if self.is_final else LinkState.WAITING, exc)
            raise
        except asyncio.CancelledError:
            self._note(LinkState.IDLE)
            raise
        if self._closed:
            await asyncio.to_thread(_close_blocking, admin)
            raise LinkClosed(name=profile.name)
        self._admin, self._profile, self._manager = admin, profile, manager
        self._backoff.started()
        self._note(LinkState.OPEN)

        def on_fault(fault: Fault) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._on_fault, admin, fault)

        manager.on_fault = on_fault
        return admin

    async def _opened(self, profile: Profile) -> tuple[KafkaAdminClient, Manager]:
        """Open an admin client on a thread; one that opens after nobody waits for it any more is closed there."""
        opening = self._threads.submit(open_admin_blocking, profile)
        try:
            return await asyncio.wrap_future(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_late)
            raise

    def _on_fault(self, admin: KafkaAdminClient, fault: Fault) -> None:
        """An idle connection broke: look at once whether the cluster is still there, so that `health` tells the truth."""
        if fault.had_opened and self._admin is admin and not self._closed and not (self._manager and self._manager.is_connected):
            self.lost(admin, BrokerLost(address=fault.address, detail=str(fault.cause)))

    def _regain(self) -> None:
        if self._closed or self.is_final or (self._regaining is not None and not self._regaining.done()):
            return
        self._regaining = spawn(self._try_again(), name=f"regain {self._connection}", notify=_log_failure)

    async def _try_again(self) -> None:
        while True:
            delay_s = self._backoff.delay()
            self._retry_at = time.time_ns() + int(delay_s * 1e9)
            await asyncio.sleep(delay_s)
            async with self._connecting:
                if await self._is_regained():
                    return

    async def _is_regained(self) -> bool:
        """Try once more; true also where trying again is of no use."""
        if self._admin is None:
            try:
                await self._connect()
            except UserFacingError:
                return self.is_final
        return True

    def _note(self, state: LinkState, problem: UserFacingError | None = None) -> None:
        self._state = state
        self._problem = problem


def open_admin_blocking(profile: Profile) -> tuple[KafkaAdminClient, Manager]:
    """Connect an admin client. Raises a `UserFacingError` that says what stands against it."""
    config = {**client_config_blocking(profile), "max_in_flight_requests_per_connection": MOST_IN_FLIGHT}
    try:
        return open_client_blocking(KafkaAdminClient, config)
    except OpenFailed as exc:
        raise problem_of_blocking(exc.why, profile, exc.manager) from exc.why


def _close_late(opening: "Future[tuple[KafkaAdminClient, Manager]]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        _close_blocking(opening.result()[0])


def _close_blocking(admin: KafkaAdminClient) -> None:
    try:
        admin.close()
    except Exception:
        _logger.exception("an admin client could not be closed")


def _log_failure(exc: BaseException) -> None:
    _logger.error("a connection to Kafka could not be regained", exc_info=exc)
