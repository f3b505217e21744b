"""A thread with a broker connection of its own, for calls that block: kombu's are, all of them."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from embedded_server.tasks.problems import BrokerRefused, BrokerUnreachable
from embedded_server.tasks.wire import kombu

T = TypeVar("T")
Work = Callable[[Any], T]
"""Gets a connected `kombu.Connection`."""

CONNECT_TIMEOUT_S: Final = 1.2
ANSWER_TIMEOUT_S: Final = 2.0
LIMIT_S: Final = 3.0
"""No caller waits longer than this, and a second for every further four megabytes."""

_logger = logging.getLogger(__name__)


class BrokerLane:
    """Runs one blocking call after another on its own thread, over one connection that is made when needed and kept."""

    def __init__(self, name: str, amqp_url: Callable[[], str]) -> None:
        self._amqp_url = amqp_url
        self._name = name
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection: Any = None
        self._url = ""

    async def run(self, work: Work[T], *, size: int = 0) -> T:
        """Do *work* on the thread; raises `BrokerUnreachable` within `LIMIT_S` where the broker is away or does not answer.

        *work* must first ask the broker something harmless: a connection that broke unnoticed is then made anew, once.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(LIMIT_S + size / 4e6):
                return await loop.run_in_executor(self._executor, self._run_blocking, work)
        except TimeoutError as exc:
            raise BrokerUnreachable(address=address_of(self._amqp_url())) from exc

    async def close(self) -> None:
        """Close the connection and end the thread. May be called twice, and the lane be used again."""
        executor, self._executor = (
            self._executor,
            ThreadPoolExecutor(1, thread_name_prefix=self._name),
        )  # its thread starts at its first work
        await asyncio.get_running_loop().run_in_executor(executor, self._drop_blocking)
        executor.shutdown(wait=False, cancel_futures=True)

    # -- on the thread

    def _run_blocking(self, work: Work[T]) -> T:
        import amqp
        from kombu.exceptions import OperationalError

        url = self._amqp_url()
        try:
            if not url:
                raise BrokerUnreachable(address="—")
            fresh = self._connect_blocking(url)
            try:
                return work(self._connection)
            except (OSError, OperationalError, amqp.ConnectionError):
                if fresh:
                    raise
            self._drop_blocking()
            self._connect_blocking(url)
            return work(self._connection)
        except (amqp.ChannelError, amqp.ConnectionError) as exc:
            self._drop_blocking()
            if getattr(exc, "reply_text", ""):
                raise BrokerRefused(reason=str(exc.reply_text)) from exc
            raise BrokerUnreachable(address=address_of(url)) from exc
        except (OSError, OperationalError) as exc:
            self._drop_blocking()
            raise BrokerUnreachable(address=address_of(url)) from exc

    def _connect_blocking(self, url: str) -> bool:
        """Make sure there is a connection to *url*; whether it is a new one."""
        connection = self._connection
        if connection is not None and self._url == url and connection.connected:
            return False
        self._drop_blocking()
        connection = kombu().Connection(
            url,
            connect_timeout=CONNECT_TIMEOUT_S,
            transport_options={"confirm_publish": True, "read_timeout": ANSWER_TIMEOUT_S, "write_timeout": ANSWER_TIMEOUT_S},
        )
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        self._connection, self._url = connection, url
        return True

    def _drop_blocking(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.release()
        except Exception:  # a broken connection may fail to close in any way, and is dropped either way
            _logger.debug("closing a broker connection failed", exc_info=True)


def address_of(url: str) -> str:
    """Answer host and port of a broker's URL: what may be shown, without user and password."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return f"{parts.hostname or '?'}:{parts.port or 5672}"
