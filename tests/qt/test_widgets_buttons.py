"""Buttons by keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.services.settings import ThemeMode
from desktop.views.theme import theme
from desktop.views.widgets.buttons import Button, IconButton

# What a button does not want goes on to its parent; here there is none.
pytestmark = pytest.mark.qt_log_ignore("Keyboard event not accepted", "This plugin does not support", extend=True)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
@pytest.mark.parametrize("kind", [Button, IconButton])
def test_enter_presses_a_button_as_space_does(qtbot: QtBot, kind: type, key: Qt.Key) -> None:
    pressed: list[bool] = []
    button = Button("Copy", lambda: pressed.append(True)) if kind is Button else IconButton("ph.copy", "Copy", lambda: pressed.append(True))
    qtbot.addWidget(button)
    QTest.keyClick(button, key)
    assert pressed == [True]
    QTest.keyClick(button, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert pressed == [True], "Ctrl+Enter is the form's"
    button.setEnabled(False)
    QTest.keyClick(button, key)
    assert pressed == [True]


@pytest.mark.parametrize("kind", [Button, IconButton])
def test_tab_reaches_every_button_once_it_is_shown(qtbot: QtBot, qapp: QApplication, kind: type) -> None:
    theme().install(qapp, ThemeMode.LIGHT)
    button = Button("Copy") if kind is Button else IconButton("ph.copy", "Copy")
    qtbot.addWidget(button)
    button.show()
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
