"""The top of a group: its name and state, its lag, who coordinates it, and what can be done with it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.formatting import number
from desktop.core.i18n import tr, trn
from desktop.core.kafka_group import group_protocol, group_state, is_active, total_lag, why_active
from desktop.views.theme import PANEL_TITLE_PX
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.card import Card
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.labels import Label, caption
from desktop.views.widgets.state_label import StateLabel
from embedded_server.contracts.kafka import GroupDetail


class GroupHead(Card):
    """Figures in a row; what is not known is a dash."""

    reset_requested = Signal()
    delete_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = ElidedLabel(tone="text", pixels=15, bold=True, middle=True)
        self.state = StateLabel()
        self._figures: dict[str, Label] = {}
        self._words: dict[str, Label] = {}
        self.reset = Button(tr("Reset offsets…"), self.reset_requested.emit, icon_name="ph.arrow-counter-clockwise")
        self.delete = Button(tr("Delete…"), self.delete_requested.emit, icon_name="ph.trash")
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(self.name, 1)
        first.addWidget(self.state)
        for button in (self.reset, self.delete):
            first.addWidget(button)
        figures = QHBoxLayout()
        figures.setSpacing(32)
        for key, words in (
            ("lag", tr("lag")),
            ("members", trn("member", "members", 0)),
            ("topics", trn("topic", "topics", 0)),
            ("assignor", tr("assignor")),
            ("coordinator", tr("coordinator")),
            ("type", tr("protocol")),
        ):
            figures.addWidget(self._figure(key, words))
        figures.addStretch(1)
        self.body.addLayout(first)
        self.body.addLayout(figures)

    def figure(self, key: str) -> str:
        """Answer a figure as shown."""
        return self._figures[key].text()

    def lag(self) -> str:
        """Answer the lag as shown."""
        return self.figure("lag")

    def show_group(self, detail: GroupDetail, *, read_only: bool) -> None:
        """Show how the group is now."""
        group = detail.group
        self.name.show_text(group.id, "text")
        self.state.set_state(*group_state(group.state))
        lag = total_lag(detail)
        topics = len({offset.topic for offset in detail.offsets})
        broker = tr("broker {id}", id=detail.coordinator) if detail.coordinator >= 0 else ""
        texts = {
            "lag": number(lag) if lag is not None else "",
            "members": number(len(detail.members)),
            "topics": number(topics),
            "assignor": detail.assignor,
            "coordinator": broker,
            "type": group_protocol(group),
        }
        for key, text in texts.items():
            figure = self._figures[key]
            figure.setText(text or "\u2013")
            figure.setMinimumWidth(figure.sizeHint().width())  # its box would keep the width it had for a dash
        self._words["members"].setText(trn("member", "members", len(detail.members)))
        self._words["topics"].setText(trn("topic", "topics", topics))
        epoch = (
            tr("Group epoch {epoch}: how often it has been settled anew who reads what", epoch=detail.epoch)
            if detail.epoch is not None
            else ""
        )
        self._figures["type"].setToolTip(epoch)
        active = why_active(detail) if is_active(detail) else ""
        locked = tr("This connection is read-only") if read_only else ""
        self.reset.setEnabled(not read_only)
        self.reset.setToolTip(locked or active or tr("Set where its consumers go on, with before and after first"))
        self.delete.setEnabled(not read_only)
        self.delete.setToolTip(locked or active)

    def _figure(self, key: str, words: str) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        figure = Label("\u2013", bold=key == "lag", pixels=PANEL_TITLE_PX if key == "lag" else 13)
        figure.setFixedHeight(24)
        figure.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        self._figures[key] = figure
        column.addWidget(figure)
        self._words[key] = caption(words)
        column.addWidget(self._words[key])
        if key == "lag":
            box.setToolTip(tr("Records that are there and not committed as read, over all its partitions"))
        if key == "assignor":
            box.setToolTip(tr("How the members share the partitions out"))
        if key == "coordinator":
            box.setToolTip(tr("The broker that keeps the group's offsets"))
        return box
