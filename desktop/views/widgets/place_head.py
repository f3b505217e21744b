"""The head over what is looked at: its name, how it fares, what can be done, features, figures with their curves, its parts."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from desktop.core.i18n import tr
from desktop.core.states import State
from desktop.views.theme import TITLE_PX
from desktop.views.widgets.buttons import IconButton, popup_under
from desktop.views.widgets.card import Card
from desktop.views.widgets.chips import Chips
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.figures import Figures
from desktop.views.widgets.labels import caption
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.state_label import StateLabel

Fill = Callable[[QMenu], None]
NONE = State("", "wait")


class PlaceHead(Card):
    """Says what it is told. ``fill_menu`` offers what can be done with the place."""

    tab_chosen = Signal(str)

    def __init__(self, fill_menu: Fill, first_tab: tuple[str, str], between: Sequence[QWidget] = ()) -> None:
        """*between* stands right of the state."""
        super().__init__(margins=(16, 12, 12, 12))
        self._fill_menu = fill_menu
        self._dimmed = False
        self._state_now = NONE
        self.name = ElidedLabel(tone="text", middle=True, pixels=TITLE_PX, bold=True)
        self.state = StateLabel()
        self.more = IconButton("ph.dots-three-vertical", tr("What can be done with it"), self.open_menu)
        self.facts = caption()
        self.chips = Chips()
        self.figures = Figures()
        self._tools = QWidget()
        self.tools = QHBoxLayout(self._tools)
        self.tools.setContentsMargins(0, 0, 0, 0)
        self.tools.setSpacing(4)
        """Room at the right of the tabs; where there are none, at the right of the name."""
        self.choice = Segmented([first_tab], first_tab[0], name=tr("Part"))
        self.choice.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.choice.chosen.connect(self.tab_chosen)
        self._lay_out(between)

    def _lay_out(self, between: Sequence[QWidget]) -> None:
        top = self._top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.name, 1)
        for widget in (self.state, *between, self.more):
            top.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        tabs = self._tabs = QHBoxLayout()
        tabs.setSpacing(8)
        tabs.addWidget(self.choice, 0, Qt.AlignmentFlag.AlignLeft)
        tabs.addStretch(1)
        tabs.addWidget(self._tools)
        self.body.setSpacing(8)
        self.body.addLayout(top)
        self.body.addWidget(self.facts)
        self.body.addWidget(self.chips)
        self.body.addWidget(self.figures)
        self.body.addLayout(tabs)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that what is known is from before: no state colour claims that it still holds."""
        self._dimmed = dimmed
        self._show_state()

    def show_state(self, state: State) -> None:
        """Say how it fares."""
        self._state_now = state
        self._show_state()

    def show_facts(self, facts: str) -> None:
        """Say something in a line under the name; nothing takes the line away."""
        self.facts.setText(facts)
        self.facts.setVisible(bool(facts))

    def open_menu(self) -> QMenu:
        """Offer what can be done with the place."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        self._fill_menu(menu)
        popup_under(menu, self.more, at_right=True)
        return menu

    def offer_tabs(self, tabs: Sequence[tuple[str, str]]) -> None:
        """Offer these parts; the one looked at stays where it is among them. One alone is not worth a choice."""
        keys = [key for key, _ in tabs]
        wanted = self.choice.current() if self.choice.current() in keys else keys[0]
        self.choice.set_choices(tabs, wanted)
        has_tabs = len(tabs) > 1
        if has_tabs == self.choice.isHidden():
            self.choice.setVisible(has_tabs)
            if has_tabs:
                self._tabs.addWidget(self._tools)
            else:
                self._top.insertWidget(self._top.count() - 1, self._tools, 0, Qt.AlignmentFlag.AlignVCenter)

    def _show_state(self) -> None:
        self.state.set_state(self._state_now.word, "wait" if self._dimmed else self._state_now.tone)
        self.state.setToolTip(self._state_now.tip)
        self.state.setVisible(bool(self._state_now.word))
