"""What a place without a seen message says and offers."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.core.rabbitmq_reads import Read
from desktop.core.rabbitmq_spots import OVERVIEW, Place, Spot
from desktop.views.rabbitmq.nothing import NothingSeen
from tests.qt.rabbitmq_panel_fakes import make_queue

DEAD = Spot(Place.QUEUE, "/", "orders.dead")


def make(qtbot: QtBot) -> tuple[NothingSeen, list[Read]]:
    owner = QWidget()
    qtbot.addWidget(owner)
    pressed: list[Read] = []
    made = NothingSeen(owner, QAction("Publish", owner), pressed.append)
    made.owner = owner  # type: ignore[attr-defined]  # it lives as long as what it owns is looked at
    return made, pressed


def offered(nothing: NothingSeen, spot: Spot, value: object = None, *, read_only: bool = False) -> list[str]:
    return [action.text() for action in nothing.at(spot, value, read_only=read_only).actions]


def test_where_messages_wait_getting_some_comes_first(qtbot: QtBot) -> None:
    nothing, pressed = make(qtbot)
    state = nothing.at(DEAD, make_queue("orders.dead", ready=17), read_only=False)
    assert state.sentence.startswith("17 messages wait here.")
    assert [action.text() for action in state.actions] == ["Get…", "Tap…", "Publish"]
    state.actions[0].trigger()
    assert pressed == [Read.GET]


def test_where_nothing_waits_a_tap_comes_first(qtbot: QtBot) -> None:
    nothing, _ = make(qtbot)
    assert offered(nothing, DEAD, make_queue("orders.dead", ready=0)) == ["Tap…", "Get…", "Publish"]
    assert offered(nothing, Spot(Place.EXCHANGE, "/", "orders")) == ["Tap…", "Publish"]
    assert offered(nothing, Spot(Place.VHOST, "/", "/")) == ["Tap the firehose…", "Publish"]
    assert offered(nothing, OVERVIEW) == ["Publish"]


def test_a_read_only_connection_is_offered_what_it_allows(qtbot: QtBot) -> None:
    nothing, _ = make(qtbot)
    assert offered(nothing, DEAD, make_queue("orders.dead", ready=17), read_only=True) == ["Tap…"]
    assert offered(nothing, OVERVIEW, read_only=True) == []
