"""The composition root: builds services and window, and starts and stops everything in its order."""

import logging
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from desktop.core.i18n import set_language, tr
from desktop.services.collector import Collector
from desktop.services.instance import Instance
from desktop.services.settings import Settings
from desktop.services.startup_probe import FirstPaint, is_probed, tell_probe
from desktop.views.main_window import MainWindow
from desktop.views.theme import APP_ICON, icon, theme

if TYPE_CHECKING:  # imported where they are used: the first paint waits for none of it
    import asyncio

    from desktop.core.host_status import HostStatus
    from desktop.panels import PanelSpec
    from desktop.services import Services
    from desktop.services.notices import Notices
    from desktop.services.server_host import ServerHost

log = logging.getLogger(__name__)

STEP_TIMEOUT_S: Final = 12.0
LOG_BYTES: Final = 1024 * 1024


@dataclass(frozen=True)
class Options:
    """What the command line said."""

    data_dir: Path
    host_mode: str = "process"
    connect: str = ""
    language: str = ""
    theme: str = ""
    panels: "Sequence[PanelSpec] | None" = None
    """Other panels than `desktop.panels.PANELS`, for tests."""


class Application(QObject):
    """The running window. `paint` first, then `start` on the loop, and `stop` before leaving; `run` does the last two."""

    def __init__(self, options: Options, host: "ServerHost | None" = None) -> None:
        super().__init__()
        self._options = options
        self.instance = Instance(options.data_dir)
        self.settings = Settings(options.data_dir)
        for key, value in (("look/language", options.language), ("look/theme", options.theme)):
            if value:
                self.settings.override(key, value)
        self.window: MainWindow | None = None
        self._host = host
        self._services: Services | None = None
        self._collector = Collector(self)
        self._closed: asyncio.Event | None = None
        self._background: list[asyncio.Task[None]] = []
        self._beginning: asyncio.Task[None] | None = None
        self._log_file: logging.Handler | None = None

    @property
    def services(self) -> "Services":
        """All services, once started."""
        assert self._services is not None, "not started"
        return self._services

    @property
    def host(self) -> "ServerHost":
        """Where the server runs."""
        assert self._host is not None, "paint first"
        return self._host

    @property
    def notices(self) -> "Notices":
        """Messages to the user."""
        return self.services.notices

    def paint(self) -> None:
        """Show the window before anything heavy is imported, and only then set the server going."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setApplicationName("Switchroom")
        app.setQuitOnLastWindowClosed(False)
        self._speak(self.settings.language)
        theme().install(app, self.settings.theme_mode)
        app.setWindowIcon(icon(APP_ICON, "accent"))
        self.window = self._make_window()
        first_paint = FirstPaint(self.window) if is_probed() else None
        self.window.show()
        app.processEvents()
        if first_paint is not None:
            first_paint.tell()
        self._host = self._host or self._make_host()
        self._host.start()

    async def run(self) -> int:
        """Live until the window is closed; the exit status."""
        await self.start()
        assert self._closed is not None
        try:
            await self._closed.wait()
        finally:
            await self.stop()
        return 0

    async def start(self) -> None:
        """Build the services and let them work; the window follows their signals from here."""
        import asyncio

        assert self.window is not None, "paint first"
        self._closed = asyncio.Event()
        self._log_to_file()
        self._services = self._make_services()
        self._collector.start()
        self._catch_everything(asyncio.get_running_loop())
        self.instance.raise_requested.connect(self._on_raise_requested)
        self.instance.listen()
        self._connect(self._services)
        self._attach(self.window)
        self._services.feeds.start()
        if self.host.status.is_ready:
            self._on_host(self.host.status)
        self._start_task(self._warm_up(), "warm up")

    async def stop(self) -> None:
        """Hide the window, close feeds and requests, end the server, give the directory back. Twice is fine."""
        from asyncio import timeout

        from embedded_server.contracts.concurrency import cancel

        if self.window is not None:
            self.window.save_state()
            self.window.hide()
            self.window.drop_panels()
        for task in self._background:
            await cancel(task)
        self._background.clear()
        services = self._services
        steps = [services.feeds.stop, services.api.close] if services is not None else []
        for step in (*steps, self.host.stop):
            try:
                async with timeout(STEP_TIMEOUT_S):
                    await step()
            except TimeoutError:
                log.warning("%s did not end within %.0f s", step.__qualname__, STEP_TIMEOUT_S)
        self._collector.stop()
        self.settings.sync()
        self.instance.release()
        if self._log_file is not None:
            logging.getLogger().removeHandler(self._log_file)
            self._log_file.close()
            self._log_file = None

    def close(self) -> None:
        """Ask `run` to end."""
        if self._closed is not None:
            self._closed.set()

    # -- building

    def _make_host(self) -> "ServerHost":
        from desktop.services.server_host import InLoopHost, ProcessHost, RemoteHost, serve_command

        if self._options.connect:
            return RemoteHost(self._options.connect)
        if self._options.host_mode == "in-loop":
            return InLoopHost(self._options.data_dir)
        return ProcessHost(serve_command(self._options.data_dir))

    def _make_window(self) -> MainWindow:
        window = MainWindow(self.settings)
        window.close_requested.connect(self.close)
        window.sign_in.usable.connect(self._on_usable)
        return window

    def _attach(self, window: MainWindow) -> None:
        from desktop.panels import PANELS

        window.attach(self.services, self._options.panels or PANELS)
        window.sign_in.retry_requested.connect(self._start_beginning)
        available = self.services.session.keyring_available
        if available is not None:
            window.sign_in.show_keyring(available=available, stay=self.settings.stay_signed_in)

    def _make_services(self) -> "Services":
        from desktop.services import Services
        from desktop.services.api import ApiClient
        from desktop.services.feeds import FeedClient
        from desktop.services.keyring import TokenStore
        from desktop.services.notices import Notices
        from desktop.services.session import SessionService, owner_of

        api = ApiClient()
        notices = Notices(self)
        owner = owner_of(self._options.data_dir, self._options.connect)
        return Services(
            api=api,
            feeds=FeedClient(api, notify=notices.from_exception, parent=self),
            session=SessionService(api, self.settings, TokenStore(), owner=owner),
            host=self.host,
            settings=self.settings,
            notices=notices,
        )

    def _connect(self, services: "Services") -> None:
        self.host.state_changed.connect(self._on_host)
        self.settings.changed.connect(self._on_setting)
        services.api.endpoint_changed.connect(services.feeds.reconnect)
        services.feeds.signed_out.connect(services.session.mark_expired)

    # -- reacting

    def _on_host(self, status: "HostStatus") -> None:
        services = self.services
        if status.url:
            services.api.set_url(status.url)
        if status.is_ready:
            if not services.feeds.link.is_open:
                services.feeds.reconnect()
            self._start_beginning()

    def _start_beginning(self) -> None:
        """Ask the server now, instead of when the attempt before would have asked again."""
        if self._beginning is not None:
            self._beginning.cancel()
        self._beginning = self._start_task(self._begin_session(self.services), "begin session")

    async def _begin_session(self, services: "Services") -> None:
        """Ask until the server answers: one that runs elsewhere may not be up yet."""
        from asyncio import sleep

        from desktop.core.problems import ServerUnreachable
        from embedded_server.contracts.concurrency import Backoff

        backoff = Backoff()
        while self.host.status.is_ready:
            try:
                await services.session.begin()
            except ServerUnreachable as exc:
                if self.window is not None:
                    self.window.sign_in.show_unreachable(exc)
                await sleep(backoff.delay())
            else:
                return

    async def _warm_up(self) -> None:
        """Import while the server starts what the first request needs, and find out whether there is a keyring."""
        from desktop.services.heavy_imports import heavy_imports

        await heavy_imports()
        available = await self.services.session.check_keyring()
        if self.window is not None:
            self.window.sign_in.show_keyring(available=available, stay=self.settings.stay_signed_in)

    def _on_setting(self, key: str) -> None:
        app = QApplication.instance()
        if key == "look/theme" and isinstance(app, QApplication):
            theme().install(app, self.settings.theme_mode)
        elif key == "look/language":
            QTimer.singleShot(0, self.rebuild_window)  # whoever changed it lives in the window that goes

    def rebuild_window(self) -> None:
        """Build the window anew, in the language of now; services and session stay."""
        before = self.window
        if before is None or self._services is None:
            return
        self._speak(self.settings.language)
        before.save_state()
        before.drop_panels()
        before.close_requested.disconnect(self.close)
        self.window = self._make_window()
        self._attach(self.window)
        if before.isVisible():
            self.window.show()
        before.hide()
        before.deleteLater()

    def _speak(self, language: str) -> None:
        try:
            set_language(language)
        except FileNotFoundError:
            log.info("There is no translation for %s", language)
            set_language("en")

    def _on_raise_requested(self) -> None:
        if self.window is not None:
            self.window.bring_to_front()

    def _on_usable(self) -> None:
        tell_probe("sign_in_usable")

    def _start_task(self, coro: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
        from embedded_server.contracts.concurrency import spawn

        self._background = [task for task in self._background if not task.done()]
        task = spawn(coro, name=name, notify=self.notices.from_exception)
        self._background.append(task)
        return task

    def _log_to_file(self) -> None:
        """Keep what the window logs beside what the server logs. Nothing that is logged carries a token or a password."""
        from logging.handlers import RotatingFileHandler

        folder = self._options.data_dir / "log"
        folder.mkdir(mode=0o700, exist_ok=True)
        handler = RotatingFileHandler(folder / "window.log", maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        handler.setLevel(logging.INFO)
        root = logging.getLogger()
        root.addHandler(handler)
        root.setLevel(min(root.level, logging.INFO))
        logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each request tells nothing
        self._log_file = handler

    def _catch_everything(self, loop: "asyncio.AbstractEventLoop") -> None:
        """Whatever nobody caught becomes a notice, not a trace on a terminal nobody sees."""
        import signal

        def on_loop_error(_: object, context: dict[str, Any]) -> None:
            exc = context.get("exception")
            if isinstance(exc, BaseException):
                self.notices.from_exception(exc)
            else:
                log.error("%s", context.get("message"))

        def on_uncaught(_: type[BaseException], exc: BaseException, __: TracebackType | None) -> None:
            if isinstance(exc, KeyboardInterrupt):
                self.close()
            else:
                self.notices.from_exception(exc)

        loop.set_exception_handler(on_loop_error)
        sys.excepthook = on_uncaught
        if sys.platform != "win32":
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.close)


def refuse_second(instance: Instance) -> int:
    """Raise the window that has the data directory, or say why that could not be; the exit status."""
    if instance.raise_first_blocking():
        return 0
    sys.stderr.write(tr("Switchroom already runs with this data directory, but its window does not answer.") + "\n")
    return 1
