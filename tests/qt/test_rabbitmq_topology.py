"""The picture of the topology: what it draws anew and what in place, pointer and keyboard, zoom, focus, files."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QSizeF, Qt
from PySide6.QtGui import QAction, QImage, QWheelEvent
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.core.rabbitmq_graph import Tie
from desktop.services.settings import ThemeMode
from desktop.views.rabbitmq.topology import TopologyPicture
from desktop.views.rabbitmq.topology import picture as picture_module
from desktop.views.rabbitmq.topology.camera import Camera
from desktop.views.rabbitmq.topology.legend import Legend
from desktop.views.rabbitmq.topology.lines import rect_of
from desktop.views.rabbitmq.topology.look import NAMES_FROM
from desktop.views.rabbitmq.topology.saving import PictureNotSaved
from desktop.views.theme import theme
from embedded_server.contracts.rabbitmq import Topology
from tests.helpers.topologies import bind, celery, exchange, large, queue, shop
from tests.qt.rabbitmq_panel_fakes import make_problem
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)

EMPTY = Topology("/", [], [], [], [], 0)


class Told:
    """What the picture said of failures."""

    def __init__(self) -> None:
        self.failures: list[BaseException] = []

    def __call__(self, exc: BaseException) -> None:
        self.failures.append(exc)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def picture(qtbot: QtBot, told: Told) -> AsyncIterator[TopologyPicture]:
    made = TopologyPicture(told)
    qtbot.addWidget(made)
    made.resize(1000, 600)
    made.show()
    yield made
    await made.stop()
    assert told.failures == []


async def draw(picture: TopologyPicture, topology: Topology) -> None:
    picture.set_topology(topology)
    await until(lambda: picture._wanted is None)


def middle(picture: TopologyPicture, key: str) -> QPoint:
    canvas = picture.canvas
    return canvas.camera.to_screen(rect_of(canvas.layout_now.boxes[key]).center()).toPoint()


def click(picture: TopologyPicture, key: str) -> None:
    QTest.mouseClick(picture.canvas, Qt.MouseButton.LeftButton, pos=middle(picture, key))


def words(picture: TopologyPicture) -> tuple[str, list[str]]:
    shown = [button.text() for button in picture._empty._buttons]
    return picture._empty._title.text(), shown


# -- what it draws


async def test_figures_change_in_place_and_only_another_structure_is_laid_out_anew(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    layout = picture.canvas.layout_now
    fuller = replace(shop(), queues=[replace(one, ready=999) for one in shop().queues])
    picture.set_topology(fuller)
    assert picture._wanted is None
    assert picture.canvas.layout_now is layout
    assert picture.canvas.facts.queues["q:audit"].ready == 999
    more = shop()
    more.queues.append(queue("orders.archive"))
    more.bindings.append(bind("orders", "orders.archive", "#"))
    await draw(picture, more)
    assert "q:orders.archive" in picture.canvas.layout_now.boxes


async def test_the_old_picture_stays_until_the_new_one_is_ready(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    picture.set_topology(celery())
    assert picture._wanted is not None
    assert "q:orders.charge" in picture.canvas.layout_now.boxes
    assert not picture.grab().isNull()
    await until(lambda: "q:celery" in picture.canvas.layout_now.boxes)


async def test_a_layout_that_takes_too_long_is_given_up_and_the_old_picture_stays(
    picture: TopologyPicture, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await draw(picture, shop())
    monkeypatch.setattr(picture_module, "LAYOUT_S", 0.0)
    with caplog.at_level(logging.WARNING, logger=picture_module.__name__):
        picture.set_topology(celery())
        await until(lambda: "could not be laid out" in caplog.text)
    assert "q:orders.charge" in picture.canvas.layout_now.boxes


async def test_built_in_exchanges_are_drawn_only_where_they_are_looked_at(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    assert "e:" not in picture.canvas.layout_now.boxes
    assert "e:amq.topic" not in picture.canvas.layout_now.boxes
    picture.look_at("e:")
    await until(lambda: "e:" in picture.canvas.layout_now.boxes)
    assert sum(edge.source == "e:" for edge in picture.canvas.graph.edges) == len(shop().queues)
    assert picture.canvas.current == "e:"


async def test_it_says_how_many_of_all_queues_it_shows(picture: TopologyPicture) -> None:
    await draw(picture, replace(large(60), total_queues=10_000))
    assert picture.note.text() == "shows 60 of 10,000 queues"
    assert "Search" in picture.note.toolTip()
    await draw(picture, shop())
    assert picture.note.text() == ""


async def test_where_there_is_nothing_it_offers_to_declare(picture: TopologyPicture) -> None:
    act = QAction("Declare a queue…", picture)
    picture.set_empty_acts((act,))
    await draw(picture, EMPTY)
    assert words(picture) == ("No exchanges and queues yet", ["Declare a queue…"])
    picture.set_search("zzz")
    await draw(picture, EMPTY)
    assert words(picture) == ("Nothing is called that", [])


async def test_a_problem_is_told_where_nothing_is_drawn_and_beside_a_picture_that_is(picture: TopologyPicture) -> None:
    picture.show_problem(make_problem())
    assert words(picture)[0] == "The management API does not answer"
    await draw(picture, shop())
    picture.show_problem(make_problem())
    assert picture._stack.currentWidget() is picture.canvas
    assert picture.note.text() == "The management API does not answer"


async def test_several_keys_are_one_line_and_all_of_them_in_its_tool_tip(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    canvas = picture.canvas
    canvas.zoom(1.0 / canvas.camera.scale)
    index = next(i for i, edge in enumerate(canvas.graph.edges) if edge.target == "q:mail.outbox" and edge.tie is Tie.BINDING)
    label = canvas.layout_now.lines[index].label
    assert label is not None
    told = canvas.words_at(canvas.camera.to_screen(rect_of(label).center()))
    assert told.splitlines() == ["orders → mail.outbox", "order.paid", "order.refunded", "order.shipped.#"]


async def test_clearing_forgets_the_broker_and_a_late_layout_is_not_drawn(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    picture.set_topology(celery())
    picture.clear()
    await picture._jobs.stop()
    assert not picture.canvas.layout_now.boxes
    assert words(picture)[0] == "Asking the broker …"


# -- the pointer


async def test_a_click_opens_what_is_under_it(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    spies = {name: QSignalSpy(getattr(picture, f"{name}_opened")) for name in ("exchange", "queue", "consumer")}
    taker = next(key for key in picture.canvas.layout_now.boxes if key.startswith("c:10.0.4.1"))
    for key in ("e:orders", "q:orders.dead", taker):
        click(picture, key)
    assert [spy.at(0) for spy in spies.values()] == [["orders"], ["orders.dead"], ["ctag1.33100"]]
    assert picture.canvas.current == taker
    picture.look_at("")
    assert picture.canvas.current == taker, "no place of the tree is a consumer's own"


async def test_dragging_moves_the_picture_and_opens_nothing(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    opened = QSignalSpy(picture.queue_opened)
    start = middle(picture, "q:orders.charge")
    canvas = picture.canvas
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(canvas, start + QPoint(30, 20))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(30, 20))
    assert middle(picture, "q:orders.charge") == start + QPoint(30, 20)
    assert opened.count() == 0


async def test_what_is_under_the_pointer_stands_out_with_its_neighbours(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    QTest.mouseMove(picture.canvas, middle(picture, "e:orders.dlx"))
    assert picture.canvas._emphasis.bright == frozenset({"e:orders.dlx", "q:orders.charge", "q:orders.receipts", "q:orders.dead"})
    QTest.mouseMove(picture.canvas, QPoint(2, 2))
    assert picture.canvas._emphasis.bright is None


async def test_what_is_chosen_stands_out_with_its_whole_path(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    picture.look_at("q:reports.pdf")
    lit = {(picture.canvas.graph.edges[i].source, picture.canvas.graph.edges[i].target) for i in picture.canvas._emphasis.lit}
    assert lit == {("e:events.all", "e:events"), ("e:events", "q:reports.pdf")}


async def test_a_search_lets_what_it_finds_stand_out(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    picture.set_search("DLX")
    assert picture.canvas._emphasis.found == {"e:orders.dlx"}


def turn(picture: TopologyPicture, at: QPoint, notches: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    canvas = picture.canvas
    event = QWheelEvent(
        QPointF(at),
        QPointF(canvas.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # Qt takes it by position only
    )
    QApplication.sendEvent(canvas, event)


async def test_the_wheel_zooms_at_the_pointer_and_with_shift_moves_sideways(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    at = middle(picture, "e:orders")
    before = picture.canvas.camera.scale
    turn(picture, at, 2)
    assert picture.canvas.camera.scale == pytest.approx(before * 1.44)
    assert (middle(picture, "e:orders") - at).manhattanLength() <= 2
    turn(picture, at, 1, Qt.KeyboardModifier.ShiftModifier)
    assert middle(picture, "e:orders").x() > at.x() + 40


# -- the keyboard


async def test_arrows_go_from_node_to_node_and_enter_opens(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    canvas = picture.canvas
    opened = QSignalSpy(picture.queue_opened)
    seen: list[str] = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(canvas, key)
        seen.append(canvas.current)
    assert seen[0] == "e:events.all"
    assert seen[-1].startswith("q:")
    assert opened.at(0) == [seen[-1].removeprefix("q:")]
    left = [canvas.layout_now.boxes[key].x for key in seen[:4]]
    assert left == sorted(left)


async def test_every_node_can_be_reached_by_arrows(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    canvas = picture.canvas
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    seen, waiting = {canvas.current}, [canvas.current]
    while waiting:
        start = waiting.pop()
        for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            canvas.set_current(start)
            QTest.keyClick(canvas, key)
            if canvas.current not in seen:
                seen.add(canvas.current)
                waiting.append(canvas.current)
    assert seen == set(canvas.layout_now.boxes)


async def test_a_screen_reader_is_told_what_is_chosen_and_how_it_fares(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    picture.look_at("q:orders.dead")
    assert picture.canvas.accessibleName() == "Topology"
    said = picture.canvas.accessibleDescription()
    assert "Queue orders.dead" in said
    assert "dead letters" in said
    assert "17 ready" in said


async def test_keys_zoom_and_show_everything_again(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    canvas = picture.canvas
    canvas.setFocus()
    fitted = canvas.camera.scale
    QTest.keyClick(canvas, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert canvas.camera.scale > fitted
    QTest.keyClick(canvas, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert canvas.camera.scale == fitted


# -- what the user looks at


async def test_only_the_neighbourhood_is_drawn_on_request(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    click(picture, "q:reports.pdf")
    picture.toggle_focus()
    await until(lambda: len(picture.canvas.layout_now.boxes) == 3)
    assert set(picture.canvas.layout_now.boxes) == {"e:events.all", "e:events", "q:reports.pdf"}
    assert picture.go_back()
    await until(lambda: "q:orders.dead" in picture.canvas.layout_now.boxes)
    assert not picture.go_back()


async def test_what_the_user_looks_at_stays_in_place_when_the_topology_changes(picture: TopologyPicture) -> None:
    await draw(picture, shop())
    picture.canvas.zoom(1.5)
    click(picture, "q:orders.receipts")
    before = middle(picture, "q:orders.receipts")
    more = shop()
    more.exchanges.append(exchange("zebra"))
    more.queues.append(queue("aardvark"))
    more.bindings.append(bind("zebra", "aardvark", "#"))
    more.bindings.append(bind("orders", "aardvark", "order.#"))
    await draw(picture, more)
    assert (middle(picture, "q:orders.receipts") - before).manhattanLength() <= 1


async def test_it_is_arranged_anew_for_a_room_of_another_shape(picture: TopologyPicture) -> None:
    await draw(picture, celery())
    before = picture.canvas.layout_now
    picture.resize(1000, 240)
    picture.set_topology(celery())
    await until(lambda: picture.canvas.layout_now is not before)
    after = picture.canvas.layout_now
    assert after.width / after.height > before.width / before.height


async def test_a_chosen_node_that_was_brought_into_sight_leaves_the_picture_to_follow_its_room(picture: TopologyPicture) -> None:
    picture.resize(600, 160)
    await draw(picture, celery())
    for key in list(picture.canvas.layout_now.boxes):
        picture.canvas.set_current(key)
    picture.resize(1000, 900)
    await draw(picture, celery())
    canvas = picture.canvas
    seen = [canvas.camera.rect_to_screen(rect_of(box)) for box in canvas.layout_now.boxes.values()]
    assert all(canvas.rect().contains(rect.toAlignedRect()) for rect in seen)


def test_the_camera_brings_into_sight_and_keeps_a_piece_in_sight() -> None:
    camera = Camera()
    room, scene = QSizeF(400, 300), QSizeF(2000, 2000)
    camera.pan(QPointF(-99_999, 99_999), scene, room)
    assert camera.offset == QPointF(48 - 2000, 300 - 48)
    camera.fit(scene, room)
    assert camera.to_screen(QPointF(2000, 2000)).y() <= 300


# -- painting and files


@pytest.mark.parametrize("mode", [ThemeMode.DARK, ThemeMode.LIGHT])
@pytest.mark.parametrize("scale", [0.1, 0.35, 0.6, 1.0, 2.0])
async def test_it_is_painted_at_every_scale(picture: TopologyPicture, mode: ThemeMode, scale: float) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme().install(app, mode)
    await draw(picture, shop())
    picture.canvas.zoom(scale / picture.canvas.camera.scale)
    empty = picture.canvas.grab().toImage()
    click(picture, "q:orders.charge")
    picture.canvas.setFocus()
    assert picture.canvas.grab().toImage() != empty
    assert (picture.canvas.camera.scale < NAMES_FROM) == (scale < NAMES_FROM)


def test_the_legend_leaves_out_what_has_no_room_as_a_whole(qtbot: QtBot) -> None:
    legend = Legend()
    qtbot.addWidget(legend)
    legend.resize(legend.sizeHint())
    assert legend.shown() == [Tie.BINDING, Tie.DEAD, Tie.ALTERNATE]
    legend.resize(legend.width() // 2, legend.height())
    assert legend.shown() == [Tie.BINDING]
    assert "dead letters" in legend.toolTip()


async def save(picture: TopologyPicture, path: Path) -> None:
    picture.start_saving(path)
    await until(lambda: not picture._jobs.is_running("save"))


async def test_it_is_saved_as_png_and_as_svg(picture: TopologyPicture, told: Told, tmp_path: Path) -> None:
    await draw(picture, shop())
    await save(picture, tmp_path / "topology.png")
    image = QImage(str(tmp_path / "topology.png"))
    assert image.width() == pytest.approx(2 * (picture.canvas.layout_now.width + 48), abs=2)
    await save(picture, tmp_path / "topology.svg")
    drawn = (tmp_path / "topology.svg").read_text()
    assert "<svg" in drawn
    assert "orders.charge" in drawn
    await save(picture, tmp_path / "missing" / "topology.png")
    assert isinstance(told.failures.pop(), PictureNotSaved)
