"""The headless entry: ``serve``, ``brokers`` and ``user add``. The window's own entry hands these commands over to here."""

import argparse
import asyncio
import contextlib
import getpass
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from embedded_server.contracts.problems import UserFacingError

if TYPE_CHECKING:
    from embedded_server.app import BoundServer

_ORPHAN_GRACE_S: Final = 1.5
"""Nobody of ours is alive three seconds after the window was killed."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; answer the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["brokers"]:
        from embedded_server.brokers import command

        return int(command.main(arguments[1:]))
    options = _parser().parse_args(arguments)
    try:
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except UserFacingError as exc:
        problem = exc.problem()
        detail = f" ({problem.detail})" if problem.detail else ""
        sys.stderr.write(f"switchroom: {problem.title}{detail}. {problem.hint}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="switchroom", description="Switchroom without its window.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the server; prints one JSON line when it answers")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=_port, default=0, help="port to listen on; 0 takes a free one (default: %(default)s)")
    _add_data_dir(serve)
    serve.add_argument("--no-worker", action="store_true", help="do not run the Celery worker")
    serve.add_argument("--allowed-host", action="append", default=[], metavar="NAME", help="a further name it may be called by")
    serve.add_argument("--allowed-origin", action="append", default=[], metavar="URL", help="an origin whose pages may call it")
    serve.add_argument("--child", action="store_true", help=argparse.SUPPRESS)  # ends with its standard input
    serve.set_defaults(run=_serve)
    commands.add_parser("brokers", help="run the embedded brokers alone", add_help=False)
    user = commands.add_parser("user", help="manage accounts").add_subparsers(required=True, metavar="ACT")
    add = user.add_parser("add", help="create an account; the password comes from a prompt or standard input")
    add.add_argument("name")
    _add_data_dir(add)
    add.set_defaults(run=_add_user)
    return parser


def _add_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", type=Path, default=None, help="where everything is kept (default: the user's data folder)")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _data_dir(options: argparse.Namespace) -> Path:
    from embedded_server.settings import default_data_dir

    chosen: Path = options.data_dir or default_data_dir()
    return chosen.expanduser().resolve()


def _serve(options: argparse.Namespace) -> int:
    from embedded_server.app import BoundServer
    from embedded_server.contracts.server import Ready
    from embedded_server.core.background import step_behind_window
    from embedded_server.core.collector import spare_the_collector
    from embedded_server.core.sqlite_threads import count_no_memory
    from embedded_server.settings import Settings

    if options.child:
        step_behind_window()
    count_no_memory()
    os.umask(0o077)
    _log_to_stderr()
    settings = Settings(
        data_dir=_data_dir(options),
        host=options.host,
        port=options.port,
        worker=not options.no_worker,
        allowed_hosts=tuple(options.allowed_host),
        allowed_origins=tuple(options.allowed_origin),
    )

    def tell(ready: Ready) -> None:
        sys.stdout.write(json.dumps(asdict(ready)) + "\n")
        sys.stdout.flush()
        spare_the_collector()

    server = BoundServer(settings, on_ready=tell)
    asyncio.run(_serve_until_told(server, child=options.child))
    return 0


async def _serve_until_told(server: "BoundServer", *, child: bool) -> None:
    """Serve until a signal, or with *child* the end of standard input, says to stop."""
    loop = asyncio.get_running_loop()

    def stop(*_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: it has stopped
            loop.call_soon_threadsafe(server.stop)

    signals = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        signals.append(signal.SIGBREAK)
    for number in signals:
        signal.signal(number, stop)
    if child:
        from embedded_server.core.parent import watch_parent

        watch_parent(stop, grace_s=_ORPHAN_GRACE_S)
    await server.serve()


def _log_to_stderr() -> None:
    from embedded_server.core.log_capture import MaskingFormatter

    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)  # all of it is in the journal and in log/server.log
    handler.setFormatter(MaskingFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)


def _add_user(options: argparse.Namespace) -> int:
    from embedded_server.contracts.sessions import Credentials
    from embedded_server.sessions import Sessions

    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")

    async def add() -> str:
        sessions = Sessions(_data_dir(options) / "sessions.db")
        await sessions.start()
        try:
            return (await sessions.create_account(Credentials(options.name, password))).name
        finally:
            await sessions.stop()

    os.umask(0o077)
    sys.stdout.write(f"Account “{asyncio.run(add())}” is created.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
