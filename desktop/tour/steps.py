"""The steps of the tour, in the order a first user takes them."""

import os
import signal
from collections.abc import Awaitable, Callable
from typing import Final

from PySide6.QtCore import Qt

from desktop.core.i18n import tr
from desktop.core.session_state import SessionPhase
from desktop.tour.connections import add_connection, choose_connection
from desktop.tour.dead_letters import dead_letter, purge, redrive, see_topology
from desktop.tour.driver import Driver
from desktop.tour.kafka import bury_key, create_topic, delete_topic, produce_and_tail, reset_group, search_topic
from desktop.tour.rabbitmq import declare, find_again, publish, take, tap
from desktop.tour.streams import follow_sse, follow_websocket
from desktop.tour.tasks import enqueue_and_watch, read_failure, run_canvas
from desktop.views.server.panel import ServerPanel
from desktop.views.timeline.panel import TimelinePanel

KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)
"""The hardest end there is; Windows knows but one."""
ACCOUNT: Final = ("demo", "correct horse battery")
Step = Callable[[Driver], Awaitable[None]]


async def create_account(driver: Driver) -> None:
    """First launch offers to create the account."""
    form = driver.window.sign_in
    await driver.until(form.again.isVisible, "the form to create an account")
    name, password = ACCOUNT
    driver.enter(form.name, name)
    driver.enter(form.password, password)
    driver.enter(form.again, password)
    await driver.picture("create-account")
    driver.click(form.submit)
    await driver.until(lambda: driver.services.session.is_signed_in and not form.isVisible(), "the window opens")


async def sign_in(driver: Driver) -> None:
    """Signing out and in again, a wrong password refused with a reason."""
    await driver.command(tr("Sign out"))
    form = driver.window.sign_in
    await driver.until(lambda: form.isVisible() and driver.services.session.state.phase is SessionPhase.SIGNED_OUT, "the sign-in form")
    name, password = ACCOUNT
    driver.enter(form.name, name)
    driver.enter(form.password, "not the password")
    driver.click(form.submit)
    await driver.until(lambda: bool(form.problem()), "the wrong password is refused")
    await driver.picture("wrong-password")
    driver.enter(form.password, password)
    driver.click(form.submit)
    await driver.until(lambda: driver.services.session.is_signed_in and not form.isVisible(), "signed in")


async def filter_timeline(driver: Driver) -> None:
    """Every event in the Timeline, a filter, a wrong filter explained, and one trace."""
    panel = await driver.open("timeline", TimelinePanel)
    view = panel.view
    await driver.until(lambda: view.model.rowCount() > 20, "the events of all that happened")
    every = view.model.rowCount()
    await driver.picture("timeline")
    view.set_filter("kind:task.failed")
    await driver.until(lambda: 0 < view.model.rowCount() < every and _all(panel, "task.failed"), "only failed tasks")
    driver.kept["failed"] = view.model.rowCount()
    view.table.setCurrentIndex(view.model.index(0, 0))
    view.open_detail()
    await driver.picture("filter")
    view.set_filter("kind:nonsense size:>")
    await driver.until(lambda: bool(view.filter_bar.error), "the wrong filter is explained")
    await driver.picture("wrong-filter")
    row = panel.detail.row
    assert row is not None, "the failed task is shown beside the table"
    assert row.trace, "a task's event has a trace"
    view.clear_filter()
    panel.show_trace(row.trace)
    await driver.until(lambda: 0 < view.model.rowCount() < every, "the events of one trace")
    await driver.picture("trace")
    view.clear_filter()


def _all(panel: TimelinePanel, kind: str) -> bool:
    rows = [panel.view.model.row_at(number) for number in range(panel.view.model.rowCount())]
    return all(row is not None and row.kind == kind for row in rows)


async def use_palette(driver: Driver) -> None:
    """Ctrl+K finds a panel by a few letters; ? lists the keys; Esc goes back."""
    driver.press(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    await driver.until(driver.window.palette_sheet.isVisible, "the palette")
    await driver.picture("palette")
    driver.press(Qt.Key.Key_Escape)
    await driver.until(lambda: not driver.window.palette_sheet.isVisible(), "Esc closes the palette")
    panel = await driver.open("timeline", TimelinePanel)
    panel.view.table.setFocus()
    driver.press(Qt.Key.Key_Question)
    await driver.until(driver.window.help_sheet.isVisible, "the list of keys")
    await driver.picture("help")
    driver.press(Qt.Key.Key_Escape)
    await driver.until(lambda: not driver.window.help_sheet.isVisible(), "Esc closes it")


async def restart_server(driver: Driver) -> None:
    """The server killed outright: the window says so, recovers by itself, and every event is still there."""
    panel = await driver.open("timeline", TimelinePanel)
    await driver.until(lambda: panel.view.model.rowCount() > 20, "the events so far")
    before = panel.view.model.rowCount()
    pid = driver.services.host.status.pid
    os.kill(pid, KILL)
    await driver.until(lambda: not driver.services.host.status.is_ready, "the window notices")
    await driver.picture("server-gone")
    await driver.until(lambda: driver.services.host.status.is_ready and driver.services.feeds.link.is_open, "the server is back", 10)
    assert driver.services.session.is_signed_in, "the session goes on"
    await driver.until(lambda: panel.view.model.rowCount() >= before, "every event is still there")
    await driver.picture("server-back")
    server = await driver.open("server", ServerPanel)
    await driver.until(lambda: server.log.view.model.rowCount() > 0, "the server's log")
    await driver.settle(1)
    await driver.picture("server")


async def sign_out(driver: Driver) -> None:
    """Signing out ends the session at the server too."""
    api = driver.services.api
    await driver.command(tr("Sign out"))
    await driver.until(lambda: driver.window.sign_in.isVisible() and not api.token, "signed out")
    await driver.picture("signed-out")


STEPS: Final[tuple[Step, ...]] = (
    create_account,
    sign_in,
    enqueue_and_watch,
    read_failure,
    run_canvas,
    follow_sse,
    follow_websocket,
    declare,
    publish,
    tap,
    take,
    dead_letter,
    redrive,
    see_topology,
    add_connection,
    choose_connection,
    purge,
    create_topic,
    produce_and_tail,
    bury_key,
    search_topic,
    reset_group,
    delete_topic,
    filter_timeline,
    use_palette,
    restart_server,
    find_again,
    sign_out,
)
