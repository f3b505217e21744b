"""The choice of few, by mouse and by keys."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.views.widgets.segmented import Segmented


@pytest.fixture
def choice(qtbot: QtBot) -> Segmented:
    made = Segmented((("json", "JSON"), ("text", "Text"), ("hex", "Hexadecimal dump")), "json", name="Shown")
    qtbot.addWidget(made)
    made.resize(made.sizeHint())
    made.show()
    return made


def test_the_arrow_keys_pass_over_what_cannot_be_chosen(choice: Segmented) -> None:
    choice.set_choosable("text", False, "Not text")
    QTest.keyClick(choice, Qt.Key.Key_Right)
    assert choice.current() == "hex"
    QTest.keyClick(choice, Qt.Key.Key_Left)
    assert choice.current() == "json"


def test_a_click_on_what_cannot_be_chosen_does_nothing(choice: Segmented) -> None:
    middle = choice._areas()[1].center().toPoint()
    choice.set_choosable("text", False, "Not text")
    QTest.mouseClick(choice, Qt.MouseButton.LeftButton, pos=middle)
    assert choice.current() == "json"
    choice.set_choosable("text", True)
    QTest.mouseClick(choice, Qt.MouseButton.LeftButton, pos=middle)
    assert choice.current() == "text"


@pytest.mark.parametrize("width", [60, 120, 400])
def test_every_segment_can_be_reached_at_any_width(choice: Segmented, width: int) -> None:
    choice.resize(width, choice.height())
    assert choice._areas()[-1].right() <= width
    QTest.mouseClick(choice, Qt.MouseButton.LeftButton, pos=QPoint(int(choice._areas()[-1].right()) - 3, 10))
    assert choice.current() == "hex"
