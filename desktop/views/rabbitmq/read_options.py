"""The card under a read button: what it costs in a sentence, the few things one can choose, and the act."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_reads import (
    CHANGES_BY_MODE,
    EXAMPLES,
    HEADINGS,
    MODE_WORDS,
    START_WORDS,
    TITLES,
    Read,
    Start,
    cost_of_read,
    offset_of,
    routing_keys_of,
)
from desktop.core.rabbitmq_spots import Place, Spot, title_of
from desktop.views.theme import theme
from desktop.views.widgets.popup_card import PopupCard, count_spin
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.rabbitmq import ConsumeRequest, ExchangeInfo, GetMode, GetRequest, StreamRead, TapRequest

MAX_COUNT: Final = 1_000_000
DEFAULT_KEPT: Final = 10_000

Request = TapRequest | GetRequest | ConsumeRequest | StreamRead


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user wants read."""

    read: Read
    request: Request
    turn_tracing_on: bool = False


class ReadOptions(PopupCard):
    """A popup that reads nothing unless told."""

    asked = Signal(object)
    """An `Asked`."""

    def __init__(self, read: Read, spot: Spot, value: object, parent: QWidget, *, read_only: bool = False) -> None:
        super().__init__(parent, tr(HEADINGS[read], name=title_of(spot)), tr(TITLES[read]))
        self.setObjectName("read_options")
        self.read, self.spot, self._value, self._read_only = read, spot, value, read_only
        self._request: Callable[[], Request | None] = lambda: None
        {
            Read.TAP: self._make_tap,
            Read.GET: self._make_get,
            Read.CONSUME: self._make_consume,
            Read.STREAM: self._make_stream,
            Read.FIREHOSE: self._make_firehose,
        }[read]()
        self._show_cost()

    def submit(self) -> None:
        """Read, if what was chosen makes sense."""
        request = self._request()
        if request is None:
            self.fault.show()
            return
        tracing = self.read is Read.FIREHOSE and self.tracing.isChecked()
        self.asked.emit(Asked(self.read, request, turn_tracing_on=tracing))
        self.close()

    # -- the fields of each

    def _make_tap(self) -> None:
        self.keys = QLineEdit("#")
        self.kept = count_spin(DEFAULT_KEPT, 1, MAX_COUNT, tr("Keep at most"))
        exchange = self._value if isinstance(self._value, ExchangeInfo) else None
        is_exchange = self.spot.place is Place.EXCHANGE
        if is_exchange and (exchange is None or exchange.type not in {"fanout", "headers"}):
            self.keys.setFont(theme().mono_font())
            self.keys.setAccessibleName(tr("Binding keys"))
            if exchange is not None and exchange.type != "topic":
                self.keys.clear()
                self.keys.setPlaceholderText("order.paid order.refunded")
            self.add_field(tr("Binding keys, with blanks between them"), self.keys)
        self.add_field(tr("Messages it holds at most; older ones give way"), self.kept)
        self._request = self._tap

    def _tap(self) -> TapRequest | None:
        if self.spot.place is Place.QUEUE:
            return TapRequest(self.spot.vhost, queue=self.spot.name, max_length=self.kept.value())
        exchange = self._value if isinstance(self._value, ExchangeInfo) else None
        if exchange is not None and exchange.type == "direct" and not self.keys.text().strip():
            self.fault.setText(tr("A direct exchange knows no “all”: type the keys whose messages are to be copied."))
            return None
        keys = routing_keys_of(self.keys.text())
        return TapRequest(self.spot.vhost, exchange=self.spot.name, routing_keys=keys, max_length=self.kept.value())

    def _make_get(self) -> None:
        self.count = count_spin(10, 1, 10_000, tr("Messages"))
        self.mode = QComboBox()
        self.mode.setAccessibleName(tr("And then"))
        for mode, words in MODE_WORDS.items():
            self.mode.addItem(tr(words), mode.value)
        self.mode.currentIndexChanged.connect(lambda _: self._show_cost())
        self.add_field(tr("Messages, from the queue's head"), self.count)
        self.add_field(tr("And then"), self.mode)
        self._request = lambda: GetRequest(self.spot.vhost, self.spot.name, self.count.value(), self._mode())

    def _mode(self) -> GetMode:
        return GetMode(self.mode.currentData())

    def _make_consume(self) -> None:
        self.limit = count_spin(0, 0, MAX_COUNT, tr("Stop after"), zero=tr("go on until stopped"))
        self.prefetch = count_spin(500, 1, 65_535, tr("Prefetch"))
        self.prefetch.setToolTip(tr("How many messages may be under way, not yet acknowledged"))
        self.add_field(tr("Stop after so many messages"), self.limit)
        self.add_field(tr("Prefetch: messages under way at once"), self.prefetch)
        self._request = lambda: ConsumeRequest(self.spot.vhost, self.spot.name, self.prefetch.value(), self.limit.value())

    def _make_stream(self) -> None:
        self.begin = QComboBox()
        self.begin.setAccessibleName(tr("Begin at"))
        for start, words in START_WORDS.items():
            self.begin.addItem(tr(words), start.value)
        self.place = QLineEdit()
        self.place.setFont(theme().mono_font())
        self.place.setAccessibleName(tr("Where to begin"))
        self.limit = count_spin(0, 0, MAX_COUNT, tr("Stop after"), zero=tr("go on until stopped"))
        self.add_field(tr("Begin at"), self.begin)
        self.fields.addWidget(self.place)
        self.add_field(tr("Stop after so many messages"), self.limit)
        self.begin.currentIndexChanged.connect(lambda _: self._follow_begin())
        self._follow_begin()
        self._request = self._stream

    def _follow_begin(self) -> None:
        start = Start(self.begin.currentData())
        self.place.setVisible(start in EXAMPLES)
        self.place.setPlaceholderText(EXAMPLES.get(start, ""))
        self.fault.hide()
        self.fit()

    def _stream(self) -> StreamRead | None:
        start = Start(self.begin.currentData())
        offset = offset_of(start, self.place.text())
        if offset is None:
            self.fault.setText(tr("Write it like {example}.", example=EXAMPLES[start]))
            return None
        return StreamRead(self.spot.vhost, self.spot.name, offset, self.limit.value())

    def _make_firehose(self) -> None:
        self.kept = count_spin(DEFAULT_KEPT, 1, MAX_COUNT, tr("Keep at most"))
        self.tracing = QCheckBox(tr("Turn the broker's tracing on first"))
        self.tracing.setChecked(not self._read_only)
        self.tracing.setEnabled(not self._read_only)
        if self._read_only:
            self.tracing.setToolTip(tr("The connection is read-only: the firehose shows something only where tracing is on already"))
        self.fields.addWidget(self.tracing)
        silent = Wrapped()
        silent.setText(tr("Without tracing the firehose stays silent. It stays on until it is turned off."))
        self.fields.addWidget(silent)
        self.fields.addSpacing(8)
        self.add_field(tr("Messages it holds at most; older ones give way"), self.kept)
        self._request = lambda: TapRequest(self.spot.vhost, firehose=True, max_length=self.kept.value())

    # -- how it looks

    def _show_cost(self) -> None:
        mode = self._mode() if self.read is Read.GET else GetMode.REQUEUE
        cost = cost_of_read(self.read, self._value, mode)
        self.cost.setText(cost.sentence)
        self.cost.set_tone(cost.tone)
        changes = self.read is Read.CONSUME or mode in CHANGES_BY_MODE
        words = tr("Read") if self.read is Read.STREAM else tr(TITLES[self.read])
        self.start.setText(tr("Remove them") if changes and self.read is Read.GET else words)
        self.fit()
