"""The typed editor: what is typed, what it says of it, and how one moves in it."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.core.rabbitmq_typed import Entry
from desktop.models.rabbitmq_typed_model import NAME, TYPE, VALUE, TypedModel
from desktop.views.rabbitmq.typed_editor import TypedEditor
from desktop.views.widgets.form_sheet import on_keys
from embedded_server.contracts.rabbitmq import FieldType

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

ENTRIES = (
    Entry("x-retries", FieldType.INTEGER, "3"),
    Entry("order", FieldType.TABLE, children=(Entry("id", FieldType.INTEGER, "7"), Entry("tags", FieldType.ARRAY, children=(Entry(),)))),
    Entry("gone", FieldType.NULL),
)


@pytest.fixture
def editor(qtbot: QtBot) -> Iterator[TypedEditor]:
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(500, 600)
    made = TypedEditor(name="Headers", add="Add header", parent=host)
    made.resize(480, 500)
    host.show()
    host.activateWindow()
    yield made
    host.close()


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def test_the_model_keeps_qts_rules_through_every_change(qtbot: QtBot) -> None:
    model = TypedModel()
    _tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_entries(ENTRIES)
    table = model.index(1, NAME)
    inner = model.add(table)
    model.setData(inner, "more")
    model.setData(inner.siblingAtColumn(TYPE), "table")
    model.add(inner)
    model.setData(table.siblingAtColumn(TYPE), "string")
    assert model.rowCount(table) == 0
    model.setData(table.siblingAtColumn(TYPE), "array")
    assert model.rowCount(table) == 3
    model.remove(model.index(0, NAME, table))
    model.remove(model.index(0, NAME))
    assert [entry.name for entry in model.entries()] == ["order", "gone"]


def test_what_was_typed_survives_another_type(editor: TypedEditor) -> None:
    editor.set_entries(ENTRIES)
    index = editor.model.index(1, TYPE)
    editor.model.setData(index, "boolean")
    editor.model.setData(index, "table")
    assert editor.entries()[1].children == ENTRIES[1].children


def test_rows_come_back_as_they_went_in(editor: TypedEditor) -> None:
    editor.set_entries(ENTRIES)
    assert editor.entries() == ENTRIES


def test_a_header_is_typed_from_its_name_to_its_value_by_tab(editor: TypedEditor) -> None:
    editor.add()
    QTest.keyClicks(focused(), "x-new")
    QTest.keyClick(focused(), Qt.Key.Key_Tab)
    choice = focused()
    assert isinstance(choice, QComboBox)
    QTest.keyClick(choice, Qt.Key.Key_Down)
    choice.activated.emit(choice.currentIndex())
    QTest.keyClick(focused(), Qt.Key.Key_Tab)
    assert isinstance(focused(), QLineEdit)
    QTest.keyClicks(focused(), "42")
    assert editor.entries() == (Entry("x-new", FieldType.INTEGER, "42"),)  # without leaving the cell
    QTest.keyClick(focused(), Qt.Key.Key_Tab)
    assert focused() is editor.view  # out of the last cell


def test_a_boolean_is_chosen_from_two(editor: TypedEditor) -> None:
    editor.set_entries((Entry("gift", FieldType.BOOLEAN, "false"),))
    editor.view.edit(editor.model.index(0, VALUE))
    choice = focused()
    assert isinstance(choice, QComboBox)
    choice.setCurrentIndex(choice.findData("true"))
    choice.activated.emit(choice.currentIndex())
    assert editor.entries() == (Entry("gift", FieldType.BOOLEAN, "true"),)


def test_enter_ends_a_cell_and_begins_none(editor: TypedEditor) -> None:
    editor.set_entries((Entry("n", FieldType.INTEGER, "1"),))
    editor.view.setCurrentIndex(editor.model.index(0, VALUE))
    QTest.keyClick(editor.view, Qt.Key.Key_Return)
    assert isinstance(focused(), QLineEdit)
    QTest.keyClick(focused(), Qt.Key.Key_Return)  # a message of Qt's that editing failed would fail this
    QApplication.processEvents()
    assert focused() is editor.view


def test_a_wrong_value_is_told_while_it_is_typed_and_no_longer_once_it_is_right(editor: TypedEditor) -> None:
    editor.set_entries((Entry("n", FieldType.INTEGER, ""),))
    editor.view.edit(editor.model.index(0, VALUE))
    QTest.keyClicks(focused(), "4x")
    assert editor.problem().startswith("n: This is no whole number")
    QTest.keyClick(focused(), Qt.Key.Key_Backspace)
    assert editor.problem() == ""


def test_a_fault_deep_inside_is_gone_to(editor: TypedEditor) -> None:
    editor.set_entries((Entry("t", FieldType.TABLE, children=(Entry("n", FieldType.INTEGER, "x"),)),))
    editor.go_to_fault()
    assert editor.model.path_of(editor.view.currentIndex()) == (0, 0)
    assert editor.view.currentIndex().column() == VALUE
    assert isinstance(focused(), QLineEdit)


def test_rows_are_added_inside_a_table_and_removed_by_key(editor: TypedEditor) -> None:
    editor.set_entries(ENTRIES)
    editor.view.setCurrentIndex(editor.model.index(1, NAME))
    editor.add_inside()
    QTest.keyClicks(focused(), "more")
    assert [child.name for child in editor.entries()[1].children] == ["id", "tags", "more"]
    QTest.keyClick(focused(), Qt.Key.Key_Escape)
    editor.view.setFocus()
    QTest.keyClick(editor.view, Qt.Key.Key_Delete)
    assert [child.name for child in editor.entries()[1].children] == ["id", "tags"]


def test_an_arrays_items_have_no_names_and_null_no_value(editor: TypedEditor) -> None:
    editor.set_entries(ENTRIES)
    tags = editor.model.index(1, NAME, editor.model.index(1, NAME))
    item = editor.model.index(0, NAME, tags)
    assert not editor.model.flags(item) & Qt.ItemFlag.ItemIsEditable
    assert editor.model.label_of(item) == "0"
    assert not editor.model.flags(editor.model.index(2, VALUE)) & Qt.ItemFlag.ItemIsEditable


def test_a_table_nested_fifty_deep_stays_in_sight(editor: TypedEditor) -> None:
    entry = Entry("leaf", FieldType.INTEGER, "1")
    for level in range(50):
        entry = Entry(f"t{level}", FieldType.TABLE, children=(entry,))
    editor.set_entries((entry,))
    editor.view.expandAll()
    leaf = editor.model.index_at((0,) * 51)
    assert leaf.data() == "leaf"
    editor.view.scrollTo(leaf)
    assert editor.view.visualRect(leaf).left() < editor.view.header().sectionSize(NAME)
    assert editor.problem() == ""


def test_ctrl_enter_reaches_the_form_from_a_cell(editor: TypedEditor, qtbot: QtBot) -> None:
    pressed: list[bool] = []
    on_keys(editor, "Ctrl+Return", lambda: pressed.append(True))
    editor.add()
    QTest.keyClicks(focused(), "a")
    QTest.keyClick(focused(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert pressed == [True]
    assert editor.entries()[0].name == "a"


def test_escape_ends_the_cell_before_the_form(editor: TypedEditor) -> None:
    pressed: list[bool] = []
    on_keys(editor, "Esc", lambda: pressed.append(True))
    editor.add()
    QTest.keyClicks(focused(), "a")
    QTest.keyClick(focused(), Qt.Key.Key_Escape)
    assert pressed == []
    assert focused() is editor.view
    QTest.keyClick(focused(), Qt.Key.Key_Escape)
    assert pressed == [True]


def test_nothing_is_shown_where_there_is_nothing(editor: TypedEditor) -> None:
    assert editor.view.isHidden()
    assert not editor._holder().isValid()
    assert editor._holder() == QModelIndex()


def test_thousands_of_rows_are_laid_out_once(editor: TypedEditor, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    count = editor.view.visible_rows

    def counting() -> int:
        counted.append(count())
        return counted[-1]

    monkeypatch.setattr(editor.view, "visible_rows", counting)
    inner = tuple(Entry(f"i{n}", FieldType.TABLE, children=(Entry("x"),)) for n in range(300))
    editor.set_entries((*(Entry(f"h{n}", FieldType.INTEGER, "1") for n in range(2_000)), *inner))
    assert len(counted) == 1
    assert editor.view.height() < 400
