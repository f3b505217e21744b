import itertools
import json
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import resources
from desktop.services.settings import ThemeMode
from desktop.views import theme as theme_module
from desktop.views.icons import _phosphor
from desktop.views.theme import Theme, blend, icon, theme
from desktop.views.widgets.labels import caption

THEMES = Path(resources.__path__[0]) / "themes"
TEXT = ("text", "dim", "accent", "ok", "run", "wait", "warn", "bad")
GROUND = ("bg", "panel", "raised")


def luminance(color: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(QColor(one)), luminance(QColor(other))), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_text_colour_stands_out_on_every_ground(mode: str) -> None:
    colors = json.loads((THEMES / f"{mode}.json").read_text())
    weak = {
        f"{text} on {ground}": round(contrast(colors[text], colors[ground]), 2)
        for text, ground in itertools.product(TEXT, GROUND)
        if contrast(colors[text], colors[ground]) < 4.5
    }
    assert weak == {}
    assert contrast(colors["on_accent"], colors["accent"]) >= 4.5


@pytest.mark.parametrize("mode", [ThemeMode.LIGHT, ThemeMode.DARK])
def test_every_text_colour_stands_out_on_what_is_chosen_or_warned_of(qapp: QApplication, mode: ThemeMode) -> None:
    theme().install(qapp, mode)
    grounds = {
        "chosen": theme().selection(),
        "banner": blend(theme().color("bg"), theme().color("warn"), 28 / 255),
        "fault": blend(theme().color("panel"), theme().color("bad"), 48 / 255),
    }
    texts = {"chosen": TEXT, "banner": ("text", "warn"), "fault": ("text",)}
    pairs = [(text, name) for name in grounds for text in texts[name]]
    weak = [pair for pair in pairs if contrast(theme().color(pair[0]).name(), grounds[pair[1]].name()) < 4.5]
    assert weak == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_connections_colour_can_be_seen_on_every_ground(mode: str) -> None:
    colors = json.loads((THEMES / f"{mode}.json").read_text())
    marks = [name for name in colors if name.startswith("mark_")]
    assert len(marks) == 7
    assert [(mark, ground) for mark in marks for ground in GROUND if contrast(colors[mark], colors[ground]) < 3] == []


def test_both_themes_name_the_same_colours() -> None:
    light, dark = (json.loads((THEMES / f"{mode}.json").read_text()) for mode in ("light", "dark"))
    assert light.keys() == dark.keys()


def test_labels_and_icons_follow_a_switch_while_they_are_shown(qtbot: QtBot, qapp: QApplication) -> None:
    theme().install(qapp, ThemeMode.LIGHT)
    label = caption("words")
    qtbot.addWidget(label)
    light = label.palette().windowText().color()
    theme().install(qapp, ThemeMode.DARK)
    assert label.palette().windowText().color() == theme().color("dim") != light
    image = icon("ph.circle-fill", "ok").pixmap(16, 16).toImage()
    assert image.pixelColor(8, 8) == theme().color("ok")


def test_the_system_theme_is_followed_only_when_asked_to(qapp: QApplication) -> None:
    theme().install(qapp, ThemeMode.SYSTEM)
    system_is_dark = qapp.styleHints().colorScheme() is Qt.ColorScheme.Dark
    assert theme().is_dark is system_is_dark
    theme().install(qapp, ThemeMode.DARK)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme().is_dark


def test_without_qlementine_fusion_has_the_same_colours(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PySide6Qlementine", None)
    fallback = Theme()
    fallback.install(qapp, ThemeMode.DARK)
    try:
        assert qapp.style().name() == "fusion"
        assert qapp.palette().window().color() == fallback.color("bg")
    finally:
        monkeypatch.undo()
        theme()._style = None
        theme().install(qapp, ThemeMode.LIGHT)


def test_disabled_icons_are_dim(qapp: QApplication) -> None:
    image = icon("ph.circle-fill", "bad").pixmap(16, 16, QIcon.Mode.Disabled).toImage()
    assert image.pixelColor(8, 8).alpha() < 255


def test_every_icon_named_in_the_code_exists() -> None:
    import re

    root = Path(theme_module.__file__).parents[1]
    named = {name for path in root.rglob("*.py") for name in re.findall(r'"ph\.([a-z-]+)"', path.read_text(encoding="utf-8"))}
    missing = sorted(name for name in named if name not in _phosphor()._glyphs)
    assert missing == []


def test_no_view_has_a_colour_of_its_own() -> None:
    import re

    views = Path(theme_module.__file__).parent
    # A shadow is black with an alpha in both themes.
    literal = re.compile(r'"#[0-9a-fA-F]{3,8}"|QColor\((?!0, 0, 0, )\s*[0-9"]|GlobalColor\.(?!transparent)')
    found = [f"{path.name}: {match}" for path in views.rglob("*.py") for match in literal.findall(path.read_text(encoding="utf-8"))]
    assert found == []
