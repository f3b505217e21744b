"""``switchroom brokers``: the embedded brokers alone, for people's own programs and test suites, and as the server's child process.

Prints one JSON line on standard output once clients can connect: ``{"amqp": URL, "amqp_management": URL, "kafka": "HOST:PORT", "pid": N}``.
Everything else goes to standard error.
"""

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from embedded_server.brokers.amqp.accounts import SqliteAccounts
from embedded_server.brokers.amqp.broker import Broker
from embedded_server.brokers.amqp.server import AmqpServer
from embedded_server.brokers.amqp.stores import FolderStores
from embedded_server.brokers.kafka import codec
from embedded_server.brokers.kafka.broker import Broker as KafkaBroker
from embedded_server.brokers.kafka.log.logs import Logs
from embedded_server.brokers.kafka.server import KafkaServer
from embedded_server.brokers.listening import amqp_socket, kafka_socket, management_socket, port_left
from embedded_server.brokers.management.doorman import Doorman
from embedded_server.brokers.ports import HOST
from embedded_server.contracts.problems import N_, UserFacingError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

ACCOUNTS_NAME: Final = "accounts.sqlite3"
KAFKA_FOLDER: Final = "kafka"
LOGIN: Final = "guest:guest"
EXIT_FAILED: Final = 1


@dataclass(frozen=True, slots=True)
class BrokersReady:
    """The line that tells where the brokers answer."""

    amqp: str
    amqp_management: str
    kafka: str
    pid: int


class BrokerFolderUnwritable(UserFacingError):
    """The data directory cannot be made or written."""

    title = N_("The broker cannot keep its messages in {folder}")
    hint = N_("Check the folder's owner and permissions, or choose another with --data-dir.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the brokers until a signal ends them; answer the exit status."""
    options = _parser().parse_args(argv)
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    try:
        return asyncio.run(_run(options))
    except UserFacingError as exc:
        problem = exc.problem()
        detail = f" ({problem.detail})" if problem.detail else ""
        sys.stderr.write(f"switchroom brokers: {problem.title}{detail}. {problem.hint}\n")
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="switchroom brokers", description="The embedded brokers alone; prints one JSON line when clients can connect."
    )
    parser.add_argument("--amqp-port", type=_port, default=0, help="port for AMQP; 0 takes a free one (default: %(default)s)")
    parser.add_argument("--management-port", type=_port, default=0, help="port for the management API; 0 takes a free one")
    parser.add_argument("--kafka-port", type=_port, default=0, help="port for Kafka; 0 takes a free one")
    parser.add_argument(
        "--data-dir", type=Path, default=None, help="where durable messages and Kafka's logs are kept (default: the user's data folder)"
    )
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)  # ends with its standard input
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def brokers_dir(data_dir: Path | None) -> Path:
    """The folder of the brokers' files inside a data directory, or inside the user's own one."""
    if data_dir is None:
        from platformdirs import user_data_path

        data_dir = user_data_path("switchroom", appauthor=False)
    return data_dir.expanduser().resolve() / "brokers"


async def _run(options: argparse.Namespace) -> int:
    stopped = asyncio.Event()
    _stop_on_signals(stopped, child=options.child)
    folder = brokers_dir(options.data_dir)
    if options.child:
        for port in (options.amqp_port, options.kafka_port):
            await port_left(port)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise BrokerFolderUnwritable(folder=str(folder), detail=exc.strerror or "") from exc
    server = AmqpServer(Broker(stores=FolderStores(folder), accounts=SqliteAccounts(folder / ACCOUNTS_NAME)))
    doorman = Doorman(lambda: _management(server, doorman.port))
    kafka = None
    try:
        kafka = KafkaServer(_kafka_broker(folder / KAFKA_FOLDER))
        await server.start(amqp_socket(options.amqp_port))
        await kafka.start(kafka_socket(options.kafka_port))
        await doorman.start(management_socket(options.management_port, child=options.child))
        _spare_the_collector()
        _say_ready(server.port, doorman.port, kafka.port)
        await asyncio.to_thread(codec.load)
        await stopped.wait()
    finally:
        await doorman.stop()
        if kafka is not None:
            await kafka.stop()
        await server.stop()
    return 0


def _kafka_broker(folder: Path) -> KafkaBroker:
    logs = Logs(folder)
    logs.open()
    return KafkaBroker(logs)


def _say_ready(port: int, management_port: int, kafka_port: int) -> None:
    ready = BrokersReady(
        amqp=f"amqp://{LOGIN}@{HOST}:{port}//",
        amqp_management=f"http://{LOGIN}@{HOST}:{management_port}",
        kafka=f"{HOST}:{kafka_port}",
        pid=os.getpid(),
    )
    sys.stdout.write(json.dumps(asdict(ready)) + "\n")
    sys.stdout.flush()


def _management(server: AmqpServer, port: int) -> "ASGIApp":
    """Make the management API; imported when it is first called, so that nobody waits for it who does not."""
    from embedded_server.brokers.management.app import management_app

    return management_app(server, port)


def _stop_on_signals(stopped: asyncio.Event, *, child: bool) -> None:
    loop = asyncio.get_running_loop()

    def stop(*_: object) -> None:
        loop.call_soon_threadsafe(stopped.set)

    signals = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        signals.append(signal.SIGBREAK)
    for number in signals:
        signal.signal(number, stop)
    if child:
        from embedded_server.core.parent import watch_parent

        watch_parent(stop)


def _spare_the_collector() -> None:
    """A queue of a million messages is a million live objects without a cycle: look through them seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


if __name__ == "__main__":
    raise SystemExit(main())
