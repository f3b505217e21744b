"""The Settings panel: how Switchroom looks, writes times, signs in, and where it keeps things."""

import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.core.formatting import TimeDisplay
from desktop.core.i18n import LANGUAGES, tr
from desktop.services import Services
from desktop.services.session import SessionPhase, SessionState
from desktop.services.settings import ThemeMode
from desktop.views.panel import Panel
from desktop.views.theme import ROW_PX
from desktop.views.widgets.buttons import Button, IconButton, make_action
from desktop.views.widgets.card import Card
from desktop.views.widgets.labels import Label, caption, mono, title
from desktop.views.widgets.segmented import Segmented

WIDTH_PX: Final = 720


class SettingsPanel(Panel):
    """Every setting takes effect at once; there is nothing to apply."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._settings = services.settings
        page = QWidget()
        page.setMaximumWidth(WIDTH_PX)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 12)
        column.setSpacing(12)
        for card in (self._look(), self._times(), self._session(), self._place(), self._about()):
            column.addWidget(card)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(page)
        scroll.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)  # setWidget turns it on
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self._make_actions()
        services.session.changed.connect(self._show_session)
        services.settings.changed.connect(self._on_changed)
        self._show_session(services.session.state)

    def actions(self) -> list[QAction]:
        """Offer what can be set in one step."""
        return self._actions

    # -- cards

    def _look(self) -> QWidget:
        modes = ((ThemeMode.SYSTEM, tr("Like the system")), (ThemeMode.LIGHT, tr("Light")), (ThemeMode.DARK, tr("Dark")))
        self.theme = Segmented([(mode.value, word) for mode, word in modes], self._settings.theme_mode.value, name=tr("Theme"))
        self.theme.chosen.connect(self._on_theme)
        self.language = QComboBox()
        self.language.setAccessibleName(tr("Language"))
        for key, word in LANGUAGES.items():
            self.language.addItem(word, key)
        self.language.setCurrentIndex(list(LANGUAGES).index(self._settings.language))
        self.language.activated.connect(self._on_language)
        return _card(
            tr("Look"), [(tr("Theme"), "", self.theme), (tr("Language"), tr("The window is built anew in it at once."), self.language)]
        )

    def _times(self) -> QWidget:
        display = self._settings.time_display
        self.zone = Segmented([("local", tr("Local")), ("utc", "UTC")], "utc" if display.utc else "local", name=tr("Time zone"))
        self.style_ = Segmented(
            [("clock", tr("Clock time")), ("age", tr("How long ago"))], "age" if display.relative else "clock", name=tr("Show times as")
        )
        for choice in (self.zone, self.style_):
            choice.chosen.connect(self._on_time)
        return _card(
            tr("Times"), [(tr("Time zone"), "", self.zone), (tr("Show times as"), tr("The whole date stands in each detail."), self.style_)]
        )

    def _session(self) -> QWidget:
        self._who = Label()
        self._kept = caption(wrap=True)
        self.sign_out = Button(tr("Sign out"), self._on_sign_out, icon_name="ph.sign-out")
        return _card(
            tr("Session"), [(tr("Signed in as"), "", self._who), (tr("When the window closes"), "", self._kept), ("", "", self.sign_out)]
        )

    def _place(self) -> QWidget:
        self._path = str(self._settings.data_dir)
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(mono(self._path, tone="text"), 1)
        layout.addWidget(IconButton("ph.copy", tr("Copy the path"), self._on_copy_path))
        layout.addWidget(IconButton("ph.folder-open", tr("Open the folder"), self._on_open_folder))
        return _card(
            tr("Data directory"),
            [(tr("Folder"), tr("The journal, accounts, logs and window settings. Choose another with --data-dir."), row)],
        )

    def _about(self) -> QWidget:
        from PySide6.QtCore import qVersion

        facts = f"Switchroom {version('switchroom')} · Python {platform.python_version()} · Qt {qVersion()}"
        return _card(tr("About"), [(tr("Version"), "", mono(facts, tone="text")), (tr("Licence"), "", Label("Apache-2.0"))])

    # -- reacting

    def _make_actions(self) -> None:
        self._actions = [
            make_action(self, tr("Copy the data directory's path"), self._on_copy_path, icon_name="ph.copy"),
            make_action(self, tr("Open the data directory"), self._on_open_folder, icon_name="ph.folder-open"),
            make_action(self, tr("Show times in UTC or local"), self._toggle_zone, icon_name="ph.clock"),
        ]

    def _on_theme(self, key: str) -> None:
        self._settings.theme_mode = ThemeMode(key)

    def _on_language(self, index: int) -> None:
        key = self.language.itemData(index)
        if key != self._settings.language:
            self._settings.language = key

    def _on_time(self) -> None:
        self._settings.time_display = TimeDisplay(utc=self.zone.current() == "utc", relative=self.style_.current() == "age")

    def _toggle_zone(self) -> None:
        self.zone.choose("local" if self.zone.current() == "utc" else "utc")

    def _on_changed(self, key: str) -> None:
        if key == "look/theme":
            self.theme.set_current(self._settings.theme_mode.value)

    def _show_session(self, state: SessionState) -> None:
        signed_in = state.phase is SessionPhase.SIGNED_IN
        self._who.setText(state.account if signed_in else tr("Nobody"))
        self.sign_out.setEnabled(signed_in)
        if state.kept:
            self._kept.setText(tr("You stay signed in: the session is in your system's keyring."))
        elif self._services.session.keyring_available is False:
            self._kept.setText(tr("The session ends with the window: this system has no keyring to keep it in."))
        else:
            self._kept.setText(tr("The session ends with the window. To stay signed in, tick the box when you sign in."))

    def _on_sign_out(self) -> None:
        from embedded_server.contracts.concurrency import spawn

        spawn(self._services.session.sign_out(), name="sign out", notify=self._services.notices.from_exception)

    def _on_copy_path(self) -> None:
        QGuiApplication.clipboard().setText(self._path)
        self._services.notices.info(tr("Copied {what}", what=self._path))

    def _on_open_folder(self) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(self._path)):
            self._services.notices.warn(tr("No program here opens folders"), tr("The folder is {path}", path=self._path))


def _card(heading: str, rows: Sequence[tuple[str, str, QWidget]]) -> Card:
    """A card of settings: name and note at the left, the control at the right."""
    card = Card()
    card.body.addWidget(title(heading))
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(10)
    grid.setColumnMinimumWidth(0, 220)
    grid.setColumnStretch(1, 1)
    for index, (name, note, control) in enumerate(rows):
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(name))
        if note:
            words.addWidget(caption(note, wrap=True))
        grid.addLayout(words, index, 0)
        stretches = not isinstance(control, (Segmented, QComboBox, Button))
        grid.addWidget(control, index, 1, Qt.AlignmentFlag(0) if stretches else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        grid.setRowMinimumHeight(index, ROW_PX)
    card.body.addLayout(grid)
    return card


def build(services: Services) -> Panel:
    """Build the panel for the list of panels."""
    return SettingsPanel(services)
