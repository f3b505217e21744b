"""The list of streams changes only what changed."""

from PySide6.QtCore import QPersistentModelIndex
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from desktop.models.streams_model import StreamsModel
from embedded_server.contracts.streams import StreamState
from tests.unit.desktop_streams.streams import make_stream


def test_streams_come_change_and_go_while_the_selection_stays(qtbot: QtBot) -> None:
    model = StreamsModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_streams([make_stream("a"), make_stream("b"), make_stream("c")])
    chosen = QPersistentModelIndex(model.index_of("b"))
    with qtbot.waitSignal(model.dataChanged):
        model.set_streams([make_stream("b", state=StreamState.OPEN), make_stream("c"), make_stream("d")])
    assert [stream.id for stream in model.streams] == ["b", "c", "d"]
    assert chosen.isValid()
    assert chosen.row() == 0
    with qtbot.assertNotEmitted(model.dataChanged):
        model.set_streams(list(model.streams))


def test_a_changed_order_is_followed() -> None:
    model = StreamsModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_streams([make_stream("a"), make_stream("b")])
    model.set_streams([make_stream("b"), make_stream("a")])
    assert [stream.id for stream in model.streams] == ["b", "a"]


def test_an_act_s_answer_is_shown_at_once() -> None:
    model = StreamsModel()
    model.set_stream(make_stream("a"))
    model.set_stream(make_stream("a", state=StreamState.OPEN))
    assert [stream.state for stream in model.streams] == [StreamState.OPEN]
