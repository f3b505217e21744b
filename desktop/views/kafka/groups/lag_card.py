"""The lag over time with its legend: which colour is which topic, how fast is consumed and produced, and when it catches up."""

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.core.formatting import rate
from desktop.core.i18n import tr
from desktop.core.kafka_lag import forecast_words, pace_of
from desktop.views.kafka.groups.chart import LagChart
from desktop.views.theme import CAPTION_PX
from desktop.views.widgets.card import Card
from desktop.views.widgets.labels import Label, caption, title
from desktop.views.widgets.state_label import StateLabel
from embedded_server.contracts.kafka import LagPoint


class LagCard(Card):
    """The chart, and words above and under it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart = LagChart()
        self.forecast = StateLabel()
        self._consumed = Label(tone="text")
        self._produced = Label(tone="text")
        self._legend = QHBoxLayout()
        self._legend.setSpacing(16)
        self._entries: list[StateLabel] = []
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(title(tr("Lag")))
        head.addWidget(self.forecast)
        head.addStretch(1)
        for words, figure in ((tr("consumed"), self._consumed), (tr("produced"), self._produced)):
            pair = QHBoxLayout()
            pair.setSpacing(6)
            pair.addWidget(caption(words))
            pair.addWidget(figure)
            head.addLayout(pair)
        self.body.addLayout(head)
        self.body.addWidget(self.chart)
        self.body.addLayout(self._legend)
        self.show_points([], None)

    def rates(self) -> tuple[str, str]:
        """Answer how fast is consumed and produced, as shown."""
        return self._consumed.text(), self._produced.text()

    def show_points(self, points: Sequence[LagPoint], lag: int | None) -> None:
        """Draw *points*; *lag* is the one that the head tells, None where it is not known."""
        self.chart.show_points(points)
        pace = pace_of(points)
        words, tone = forecast_words(lag, pace)
        self.forecast.set_state(words, tone)
        self.forecast.setVisible(bool(words))
        for label, figure in ((self._consumed, pace.consumed), (self._produced, pace.produced)):
            label.setText(rate(figure) if figure is not None else "\u2013")
            label.setToolTip(tr("Over the last minute") if figure is not None else tr("Two samples tell it"))
        self._show_legend()

    def _show_legend(self) -> None:
        topics = self.chart.topics()
        if [entry.text() for entry in self._entries][1:] == topics and bool(self._entries) == bool(topics):
            return
        while (item := self._legend.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._entries = []
        if not topics:
            return
        for words, tone in [(tr("total"), "accent"), *((topic, self.chart.tone_of(topic)) for topic in topics)]:
            entry = StateLabel(words, tone, pixels=CAPTION_PX)
            self._entries.append(entry)
            self._legend.addWidget(entry)
        self._legend.addStretch(1)
