"""The command line. Imports nothing heavy itself: each way in imports what it needs."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

SERVER_COMMANDS: Final = ("serve", "brokers", "user")
NO_DISPLAY: Final = (
    "switchroom: there is no display. Set QT_QPA_PLATFORM=offscreen, start it under xvfb-run, or use the server alone (switchroom serve).\n"
)
EXIT_NO_DISPLAY: Final = 2
EXIT_NO_DATA_DIR: Final = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments say; the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = arguments[0] if arguments else ""
    if command in SERVER_COMMANDS:
        from embedded_server.__main__ import main as server_main

        return int(server_main(arguments) or 0)
    if command == "tour":
        from desktop.tour import main as tour_main

        return int(tour_main(arguments[1:]) or 0)
    return run_window(make_parser().parse_args(arguments))


def make_parser() -> argparse.ArgumentParser:
    """Describe the window's options, and name the other commands."""
    parser = argparse.ArgumentParser(
        prog="switchroom",
        description="Control panel for the asynchronous side of a Python back end. Without a command it opens the window.",
        epilog="commands: serve (the server alone), brokers (the embedded brokers alone), user (accounts), tour (the main job, driven). "
        "Each has its own --help.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where everything is kept (default: the user's data directory)")
    parser.add_argument(
        "--host-mode", choices=("process", "in-loop"), default="process", help="run the server in a process of its own, or in the window's"
    )
    parser.add_argument("--connect", metavar="URL", default="", help="use the server that runs at URL instead of starting one")
    parser.add_argument("--lang", choices=("en", "zh_TW"), default="", help="language of the window in this run")
    parser.add_argument("--theme", choices=("light", "dark", "system"), default="", help="theme of the window in this run")
    return parser


def run_window(args: argparse.Namespace) -> int:
    """Open the window and live until it is closed."""
    if args.version:
        from importlib.metadata import version

        sys.stdout.write(f"switchroom {version('switchroom')}\n")
        return 0
    if not has_display(sys.platform, dict(os.environ)):
        sys.stderr.write(NO_DISPLAY)
        return EXIT_NO_DISPLAY
    data_dir = args.data_dir.expanduser().absolute() if args.data_dir else default_data_dir()
    if problem := make_data_dir(data_dir):
        sys.stderr.write(f"switchroom: {problem}\n")
        return EXIT_NO_DATA_DIR

    from PySide6.QtWidgets import QApplication

    from desktop.app import Application, Options, refuse_second

    qapp = QApplication(sys.argv[:1])
    options = Options(data_dir, host_mode=args.host_mode, connect=args.connect, language=args.lang, theme=args.theme)
    application = Application(options)
    if not application.instance.claim():
        return refuse_second(application.instance)
    application.paint()

    import asyncio

    import qasync

    loop = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(loop)
    with loop:
        return int(loop.run_until_complete(application.run()))


def has_display(platform: str, environ: dict[str, str]) -> bool:
    """Whether a window can be shown. Asked before Qt is, which would abort the process."""
    if environ.get("QT_QPA_PLATFORM"):
        return True
    if platform in {"win32", "darwin"}:
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def default_data_dir() -> Path:
    """Answer the user's data directory for Switchroom; the same as the server's own default."""
    from platformdirs import user_data_path

    return user_data_path("switchroom", appauthor=False)


def make_data_dir(data_dir: Path) -> str:
    """Make the directory for its owner alone; what is wrong with it, or nothing."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        return f"the data directory {data_dir} cannot be made: {exc.strerror}. Choose another with --data-dir."
    if not os.access(data_dir, os.W_OK | os.X_OK):
        return f"the data directory {data_dir} cannot be written. Choose another with --data-dir, or change its permissions."
    return ""


if __name__ == "__main__":
    sys.exit(main())
