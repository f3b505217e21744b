"""What a message carries beside its body: the Celery task in it, its deaths, its properties and its typed headers."""

from collections.abc import Sequence
from typing import Final, Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from desktop.core.formatting import age, date_time
from desktop.core.i18n import N_, tr, trn
from desktop.core.rabbitmq_celery import CeleryTask
from desktop.core.rabbitmq_deaths import Death, deaths_of, reason_word
from desktop.core.rabbitmq_message import Row, Seen, header_rows, property_rows
from desktop.views.widgets.labels import Label
from desktop.views.widgets.small_table import SmallColumn, SmallTable
from desktop.views.widgets.wrapped import Wrapped

R = TypeVar("R")
LINE_PX: Final = 22
NAME_PX: Final = 96
PROPERTY_PX: Final = 136
TYPE_PX: Final = 80
INDENT: Final = "\u2003"

TYPED: Final = (
    SmallColumn[Row](N_("Name"), NAME_PX, lambda row: f"{INDENT * min(row.depth, 8)}{row.name}", mono=True, tip=lambda row: row.name),
    SmallColumn[Row](N_("Value"), 0, lambda row: row.text, mono=True, tip=lambda row: row.whole),
    SmallColumn[Row](N_("Type"), TYPE_PX, lambda row: row.type, tip=lambda row: row.type),
)
PROPERTIES: Final = (
    SmallColumn[Row](N_("Name"), PROPERTY_PX, lambda row: row.name, mono=True, tip=lambda row: row.name),
    SmallColumn[Row](N_("Value"), 0, lambda row: f"{row.text}  {row.type}".rstrip(), mono=True, tip=lambda row: row.whole),
)
NAMED: Final = (
    SmallColumn[Row](N_("Name"), 92, lambda row: row.name, tip=lambda row: row.name),
    SmallColumn[Row](N_("Value"), 0, lambda row: row.text, mono=True, tip=lambda row: row.whole),
)


def _death_tip(death: Death) -> str:
    parts = [
        tr("Published to {exchange}", exchange=death.exchange or "(default)"),
        tr("with {keys}", keys=", ".join(death.routing_keys)) if death.routing_keys else "",
        date_time(death.at),
    ]
    return "\n".join(part for part in parts if part)


DEATHS: Final = (
    SmallColumn[Death](N_("Queue"), 0, lambda death: death.queue, mono=True, tip=_death_tip),
    SmallColumn[Death](N_("Reason"), 88, lambda death: reason_word(death.reason), tone=lambda _: "bad", tip=_death_tip),
    SmallColumn[Death](N_("Count"), 54, lambda death: f"{death.times:,}", right=True),
    SmallColumn[Death](N_("First"), 76, lambda death: age(death.at), right=True, tip=_death_tip),
)


class Lines(SmallTable[R], Generic[R]):
    """A table as high as its rows; the section around it scrolls."""

    def __init__(self, columns: Sequence[SmallColumn[R]], *, name: str, with_head: bool = False) -> None:
        super().__init__(columns, name=name)
        self._with_head = with_head
        self.horizontalHeader().setVisible(with_head)
        self.verticalHeader().setMinimumSectionSize(LINE_PX)
        self.verticalHeader().setDefaultSectionSize(LINE_PX)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_lines(self, rows: Sequence[R]) -> None:
        """Show *rows*, all of them."""
        self.set_rows([])
        self.set_rows(rows)
        head = self.horizontalHeader().sizeHint().height() if self._with_head else 0
        self.setFixedHeight(len(rows) * LINE_PX + head + 2)

    # -- Qt overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the whole value of the current line."""
        index = self.currentIndex()
        if event.matches(QKeySequence.StandardKey.Copy) and index.isValid():
            row = self.small_model.rows()[index.row()]
            QGuiApplication.clipboard().setText((row.raw or row.text) if isinstance(row, Row) else str(index.data()))
            return
        super().keyPressEvent(event)


class Section(QWidget):
    """A heading over lines; hidden where there are none."""

    def __init__(self, lines: Lines[R], note: Wrapped | None = None) -> None:
        super().__init__()
        self.heading = Label(bold=True)
        self.lines = lines
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(2)
        column.addWidget(self.heading)
        if note is not None:
            column.addWidget(note)
        column.addWidget(lines)
        self.hide()


class MessageSections(QWidget):
    """All sections, one below the other; meant to stand in a scroll area."""

    def __init__(self) -> None:
        super().__init__()
        self.celery_lines = Lines[Row](NAMED, name=tr("Celery task"))
        self.death_lines = Lines[Death](DEATHS, name=tr("Deaths"), with_head=True)
        self.property_lines = Lines[Row](PROPERTIES, name=tr("Properties"))
        self.header_lines = Lines[Row](TYPED, name=tr("Headers"))
        self.celery_note = Wrapped(tone="warn")
        self.celery_note.hide()
        self.celery = Section(self.celery_lines, self.celery_note)
        self.deaths = Section(self.death_lines)
        self.properties = Section(self.property_lines)
        self.headers = Section(self.header_lines)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(0)
        for section in (self.celery, self.deaths, self.properties, self.headers):
            column.addWidget(section)
        column.addStretch(1)

    def clear(self) -> None:
        """Show nothing: another message is on its way."""
        for section in (self.celery, self.deaths, self.properties, self.headers):
            section.hide()

    def show_message(self, seen: Seen, task: CeleryTask | None) -> None:
        """Show what a message carries."""
        self._show_task(task)
        deaths = deaths_of(seen.headers)
        self.death_lines.set_lines(deaths)
        self.deaths.heading.setText(trn("Died once", "Died {n} times", sum(death.times for death in deaths)))
        self.deaths.setVisible(bool(deaths))
        properties = property_rows(seen.properties)
        self.property_lines.set_lines(properties)
        self.properties.heading.setText(tr("Properties"))
        self.properties.setVisible(bool(properties))
        headers = header_rows(seen.typed_headers())
        self.header_lines.set_lines(headers)
        self.headers.heading.setText(trn("{n} header", "{n} headers", len(seen.headers)))
        self.headers.setVisible(bool(headers))

    def _show_task(self, task: CeleryTask | None) -> None:
        self.celery.setVisible(task is not None)
        if task is None:
            return
        self.celery.heading.setText(tr("Celery task {name}", name=task.name))
        self.celery_note.setText(task.note)
        self.celery_note.setVisible(bool(task.note))
        self.celery_lines.set_lines([Row(name, text, "") for name, text in task.rows])
