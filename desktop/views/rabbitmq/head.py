"""The top of what is chosen: its name, what it is, how it fares, its figures, and which part of it is looked at."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from desktop.core.i18n import N_, tr
from desktop.core.rabbitmq_figures import RATES, TIPS, TITLES, TONES, figures_of
from desktop.core.rabbitmq_history import History
from desktop.core.rabbitmq_spots import Place, Spot, title_of
from desktop.core.rabbitmq_words import Chip, State, count_text, exchange_chips, queue_chips, queue_state, rate_text
from desktop.views.rabbitmq.chips import Chips
from desktop.views.rabbitmq.figures import Figure, Figures
from desktop.views.theme import TITLE_PX
from desktop.views.widgets.buttons import Button, IconButton, popup_under
from desktop.views.widgets.card import Card
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.labels import caption
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.state_label import StateLabel
from embedded_server.contracts.rabbitmq import ExchangeInfo, Overview, QueueInfo

Fill = Callable[[QMenu], None]


class Tab(StrEnum):
    """The parts of a place."""

    MESSAGES = "messages"
    BINDINGS = "bindings"
    CONSUMERS = "consumers"
    ARGUMENTS = "arguments"
    CLIENTS = "clients"


_TITLES: Final = {
    Tab.MESSAGES: N_("Messages"),
    Tab.BINDINGS: N_("Bindings"),
    Tab.CONSUMERS: N_("Consumers"),
    Tab.ARGUMENTS: N_("Arguments"),
    Tab.CLIENTS: N_("Clients"),
}
_TABS: Final = {
    Place.QUEUE: (Tab.MESSAGES, Tab.BINDINGS, Tab.CONSUMERS, Tab.ARGUMENTS),
    Place.EXCHANGE: (Tab.MESSAGES, Tab.BINDINGS, Tab.ARGUMENTS),
    Place.VHOST: (Tab.MESSAGES, Tab.BINDINGS, Tab.CONSUMERS),
    Place.CLIENTS: (Tab.CLIENTS,),
    Place.CONSUMERS: (Tab.CONSUMERS,),
}


def tabs_of(spot: Spot) -> tuple[Tab, ...]:
    """Answer the parts a place has."""
    return _TABS.get(spot.place, (Tab.MESSAGES,))


class SpotHead(Card):
    """Follows the chosen place. ``fill_menu`` offers what can be done with it."""

    tab_chosen = Signal(str)
    redrive_requested = Signal()

    def __init__(self, fill_menu: Fill) -> None:
        super().__init__(margins=(16, 12, 12, 12))
        self.spot: Spot | None = None
        self._fill_menu = fill_menu
        self._history = History()
        self._dimmed = False
        self._state_now = State("", "wait")
        self.name = ElidedLabel(tone="text", middle=True, pixels=TITLE_PX, bold=True)
        self.state = StateLabel()
        self.redrive = Button(tr("Redrive…"), self.redrive_requested.emit, icon_name="ph.arrow-u-up-left")
        self.redrive.hide()
        self.more = IconButton("ph.dots-three-vertical", tr("What can be done with it"), self.open_menu)
        self.facts = caption()
        self.chips = Chips()
        self.figures = Figures()
        self._tools = QWidget()
        self.tools = QHBoxLayout(self._tools)
        self.tools.setContentsMargins(0, 0, 0, 0)
        self.tools.setSpacing(4)
        """Room at the right of the tabs; where there are none, at the right of the name."""
        self.choice = Segmented([(Tab.MESSAGES.value, tr(_TITLES[Tab.MESSAGES]))], Tab.MESSAGES.value, name=tr("Part"))
        self.choice.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.choice.chosen.connect(self.tab_chosen)
        self._lay_out()

    def _lay_out(self) -> None:
        top = self._top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.name, 1)
        for widget in (self.state, self.redrive, self.more):
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

    # -- what is shown

    def show_spot(self, spot: Spot) -> None:
        """Look at another place; its figures follow."""
        if spot == self.spot:
            return
        self.spot = spot
        self._history.clear()
        self.name.set_mono(bool(spot.name))
        self.name.show_text(title_of(spot), "text")
        self.more.setVisible(not spot.is_heading)
        self._offer(tabs_of(spot))
        self.show_value(None)

    def forget(self) -> None:
        """Look at nothing: what is shown next is new, even where it has the same name."""
        self.spot = None
        self._history.clear()

    def show_value(self, value: object, *, dead: bool = False, facts: str = "") -> None:
        """Show what the broker says of the place now."""
        figures = figures_of(value)
        self._history.add(figures)
        self.figures.set_figures([self._figure(name, number) for name, number in figures.items()])
        self.chips.set_chips(_chips_of(value))
        self._state_now = queue_state(value, takes_dead_letters=dead) if isinstance(value, QueueInfo) else State("", "wait")
        self._show_state()
        self.redrive.setVisible(dead and isinstance(value, QueueInfo) and bool(value.ready))
        facts = facts or _facts_of(value)
        self.facts.setText(facts)
        self.facts.setVisible(bool(facts))

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that what is known is from before: no state colour claims that it still holds."""
        self._dimmed = dimmed
        self._show_state()

    def set_why_not(self, why_not: str) -> None:
        """Say why nothing may be changed here; nothing allows it."""
        self.redrive.setEnabled(not why_not)
        self.redrive.setToolTip(why_not or tr("Send the dead letters back to where they died"))

    def set_count(self, tab: Tab, count: int) -> None:
        """Tell how many there are behind a tab."""
        if self.spot is not None and tab in tabs_of(self.spot):
            self.choice.set_text(tab.value, f"{tr(_TITLES[tab])} {count:,}" if count else tr(_TITLES[tab]))

    def tab(self) -> Tab:
        """Answer which part is looked at."""
        return Tab(self.choice.current())

    def open_menu(self) -> QMenu:
        """Offer what can be done with the place."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        self._fill_menu(menu)
        popup_under(menu, self.more, at_right=True)
        return menu

    def _show_state(self) -> None:
        self.state.set_state(self._state_now.word, "wait" if self._dimmed else self._state_now.tone)
        self.state.setToolTip(self._state_now.tip)
        self.state.setVisible(bool(self._state_now.word))

    def _figure(self, name: str, number: float | None) -> Figure:
        text = rate_text(number) if name in RATES else count_text(number)
        return Figure(tr(TITLES[name]), text, TONES[name], self._history.of(name), tr(TIPS[name]))

    def _offer(self, tabs: Sequence[Tab]) -> None:
        wanted = self.tab() if self.choice.current() in tabs else tabs[0]
        self.choice.set_choices([(tab.value, tr(_TITLES[tab])) for tab in tabs], wanted.value)
        has_tabs = len(tabs) > 1
        if has_tabs == self.choice.isHidden():
            self.choice.setVisible(has_tabs)
            if has_tabs:
                self._tabs.addWidget(self._tools)
            else:
                self._top.insertWidget(self._top.count() - 1, self._tools, 0, Qt.AlignmentFlag.AlignVCenter)


def _chips_of(value: object) -> list[Chip]:
    if isinstance(value, QueueInfo):
        return queue_chips(value)
    return exchange_chips(value) if isinstance(value, ExchangeInfo) else []


def _facts_of(value: object) -> str:
    if isinstance(value, Overview):
        return "  ·  ".join(part for part in (f"{value.product} {value.version}".strip(), value.node) if part)
    return ""
