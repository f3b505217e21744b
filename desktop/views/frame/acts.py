"""The window's own acts: one definition each for its shortcut, its line in the palette and its line in the help."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from desktop.core.i18n import N_, tr
from desktop.views.frame.commands import Command, ShortcutGroup
from desktop.views.panel import Panel

# Shortcuts of the shared feed table, which are no acts of one panel: the help names them all the same.
TABLE_KEYS: Final = (
    ("j  k  ↑  ↓", N_("Next and previous row")),
    ("Home  End", N_("Oldest row, newest row")),
    ("Enter", N_("Open the detail")),
    ("Space", N_("Pause, go on")),
    ("Ctrl+C", N_("Copy rows as JSON")),
)


@dataclass(frozen=True)
class Act:
    """Something the window does."""

    text: str
    run: Callable[[], object]
    shortcut: str = ""
    icon: str = ""
    in_palette: bool = True


def install_shortcuts(owner: QWidget, acts: list[Act]) -> None:
    """Make the shortcuts of *acts* work in the window of *owner*, as long as *owner* is enabled."""
    for act in acts:
        if act.shortcut:
            action = QAction(act.text, owner)
            action.setShortcut(QKeySequence(act.shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setAutoRepeat(False)
            action.triggered.connect(lambda *_, run=act.run: run())
            owner.addAction(action)


def commands_of(acts: list[Act], group: str) -> list[Command]:
    """Answer the palette's lines for the window's own acts."""
    return [Command(act.text, act.run, group, shown_keys(act.shortcut), act.icon) for act in acts if act.in_palette]


def panel_commands(panel: Panel, title: str, bring_up: Callable[[], object]) -> list[Command]:
    """Answer the palette's lines for a panel's acts; choosing one shows the panel first."""

    def command(action: QAction) -> Command:
        def run() -> None:
            bring_up()
            action.trigger()

        symbol = action.data() if isinstance(action.data(), str) else ""
        return Command(plain(action.text()), run, title, shown_keys(action.shortcut().toString()), symbol, action.isEnabled())

    return [command(action) for action in actions_of(panel)]


def actions_of(panel: Panel) -> list[QAction]:
    """Answer a panel's acts, its primary one first and none twice."""
    primary = panel.primary_action()
    first = [primary] if primary is not None else []
    return first + [action for action in panel.actions() if action is not primary]


def help_groups(acts: list[Act], panel: Panel | None, title: str) -> list[ShortcutGroup]:
    """Answer the help's groups: the window, the panel in front, tables."""
    groups = [ShortcutGroup(tr("Window"), tuple((shown_keys(act.shortcut), act.text) for act in acts if act.shortcut))]
    if panel is not None:
        entries = tuple((shown_keys(a.shortcut().toString()), plain(a.text())) for a in actions_of(panel) if not a.shortcut().isEmpty())
        if entries:
            groups.append(ShortcutGroup(title, entries))
    groups.append(ShortcutGroup(tr("Tables"), tuple((keys, tr(words)) for keys, words in TABLE_KEYS)))
    return groups


def shown_keys(shortcut: str) -> str:
    """Answer a shortcut as this system's users write it."""
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText) if shortcut else ""


def plain(text: str) -> str:
    """Answer an action's text without its mnemonic."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
