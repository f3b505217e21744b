"""The top of what is chosen: its name, what it is, how it fares, its figures, and which part of it is looked at."""

from enum import StrEnum
from typing import Final

from PySide6.QtCore import Signal

from desktop.core.history import History
from desktop.core.i18n import N_, tr
from desktop.core.rabbitmq_figures import RATES, TIPS, TITLES, TONES, figures_of
from desktop.core.rabbitmq_spots import Place, Spot, title_of
from desktop.core.rabbitmq_words import exchange_chips, queue_chips, queue_state
from desktop.core.states import Chip, count_text, rate_text
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import Figure
from desktop.views.widgets.place_head import NONE, Fill, PlaceHead
from embedded_server.contracts.rabbitmq import ExchangeInfo, Overview, QueueInfo


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


class SpotHead(PlaceHead):
    """Follows the chosen place. ``fill_menu`` offers what can be done with it."""

    redrive_requested = Signal()

    def __init__(self, fill_menu: Fill) -> None:
        self.redrive = Button(tr("Redrive…"), icon_name="ph.arrow-u-up-left")
        self.redrive.hide()
        super().__init__(fill_menu, (Tab.MESSAGES.value, tr(_TITLES[Tab.MESSAGES])), (self.redrive,))
        self.redrive.clicked.connect(self.redrive_requested)
        self.spot: Spot | None = None
        self._history = History()

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
        self.offer_tabs([(tab.value, tr(_TITLES[tab])) for tab in tabs_of(spot)])
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
        self.show_state(queue_state(value, takes_dead_letters=dead) if isinstance(value, QueueInfo) else NONE)
        self.redrive.setVisible(dead and isinstance(value, QueueInfo) and bool(value.ready))
        self.show_facts(facts or _facts_of(value))

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

    def _figure(self, name: str, number: float | None) -> Figure:
        text = rate_text(number) if name in RATES else count_text(number)
        return Figure(tr(TITLES[name]), text, TONES[name], self._history.of(name), tr(TIPS[name]))


def _chips_of(value: object) -> list[Chip]:
    if isinstance(value, QueueInfo):
        return queue_chips(value)
    return exchange_chips(value) if isinstance(value, ExchangeInfo) else []


def _facts_of(value: object) -> str:
    if isinstance(value, Overview):
        return "  ·  ".join(part for part in (f"{value.product} {value.version}".strip(), value.node) if part)
    return ""
