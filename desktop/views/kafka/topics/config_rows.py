"""Settings of a topic as rows: the name completed from what the broker knows, the value, what it was, and what it means."""

from collections.abc import Mapping, Sequence

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.faults import Fault
from desktop.core.i18n import tr
from desktop.core.kafka_configs import ConfigDraft, entry_words, row_faults, value_words
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.name_line import NameLine, Offer
from desktop.views.widgets.rows_field import FieldRow, RowsField
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.kafka import ConfigEntry, ConfigSource


class ConfigRow(FieldRow):
    """One setting."""

    name: NameLine

    def __init__(self, draft: ConfigDraft, known: Mapping[str, ConfigEntry]) -> None:
        super().__init__()
        self._known = known
        self._reset = draft.reset
        self.name = NameLine(tr("Setting"), tr("setting"))
        self.name.setText(draft.name)
        self.value = line_field(tr("Value of the setting"), tr("value"), mono=True)
        self.value.setText(draft.value)
        self.back = IconButton("ph.arrow-counter-clockwise", tr("Give it back to the default"), self._on_back)
        self.remove = IconButton("ph.x", tr("Remove this row"), self.remove_requested.emit)
        self.note = Wrapped()
        self.fault = Wrapped(tone="bad")
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.name, 3)
        row.addWidget(self.value, 2)
        row.addWidget(self.back)
        row.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.fault)
        column.addWidget(self.note)
        self.show_fault(None)
        self.name.complete_from(self._offers)
        self.name.textChanged.connect(self._on_edited)
        self.value.textEdited.connect(self._on_edited)
        self.follow()

    def draft(self) -> ConfigDraft:
        """Answer the row exactly as it stands."""
        return ConfigDraft(self.name.text(), self.value.text(), self._reset)

    def entry(self) -> ConfigEntry | None:
        """Answer what the broker says of the setting; None where it knows none of that name."""
        return self._known.get(self.name.text().strip())

    def show_fault(self, fault: Fault | None) -> None:
        """Say what is wrong with it; nothing clears it."""
        self.fault.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}" if fault else "")
        self.fault.setVisible(fault is not None)

    def is_the_topics(self) -> bool:
        """Whether the topic has set it already, so that it can be given back to the default."""
        entry = self.entry()
        return entry is not None and entry.source is ConfigSource.TOPIC

    def follow(self) -> None:
        """Show what fits the setting that is named."""
        is_own = self.is_the_topics()
        self.back.setVisible(is_own)
        self.back.set_icon("ph.arrow-u-up-left" if self._reset else "ph.arrow-counter-clockwise")
        words = tr("Keep it as it is") if self._reset else tr("Give it back to the default")
        self.back.setToolTip(words)
        self.back.setAccessibleName(words)
        self.remove.setVisible(not is_own)
        self.name.setReadOnly(is_own)
        self.value.setEnabled(not self._reset)
        note, tone = self._words()
        self.note.set_tone(tone)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        entry = self.entry()
        tip = entry.documentation if entry is not None else ""
        for widget in (self.name, self.note):
            widget.setToolTip(tip)

    def _words(self) -> tuple[str, str]:
        entry = self.entry()
        if entry is None:
            named = bool(self.name.text().strip()) and bool(self._known)
            return (tr("The broker did not list this setting; it will say whether it takes it.") if named else "", "warn")
        default = value_words(entry.name, entry.default) if entry.default is not None else tr("not known")
        if not self.is_the_topics():
            return tr("default {value} · {documentation}", value=default, documentation=_first(entry.documentation)), "dim"
        before = entry_words(entry)
        if self._reset:
            return tr("{before} → default {after}", before=before, after=default), "warn"
        after = self.value.text().strip()
        if after != (entry.value or ""):
            return tr("{before} → {after}", before=before, after=value_words(entry.name, after)), "warn"
        return tr("default {value} · {documentation}", value=default, documentation=_first(entry.documentation)), "dim"

    async def _offers(self, _typed: str) -> list[Offer]:
        return [(entry.name, entry.default or "") for entry in self._known.values() if not entry.read_only]

    def _on_back(self) -> None:
        self._reset = not self._reset
        entry = self.entry()
        if entry is not None:
            self.value.setText(entry.value or "")
        self._on_edited()

    def _on_edited(self) -> None:
        self.show_fault(None)
        self.follow()
        self.edited.emit()


class ConfigRows(RowsField[ConfigRow]):
    """Settings that are completed from what the broker knows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Add setting"), parent)
        self._known: dict[str, ConfigEntry] = {}

    def known(self) -> dict[str, ConfigEntry]:
        """Answer what the broker says of settings, by their names."""
        return self._known

    def drafts(self) -> tuple[ConfigDraft, ...]:
        """Answer the rows exactly as they stand."""
        return tuple(row.draft() for row in self._rows)

    def know(self, entries: Sequence[ConfigEntry]) -> None:
        """Complete names, and tell defaults, from these."""
        self._known.clear()
        self._known |= {entry.name: entry for entry in entries}
        for row in self._rows:
            row.follow()

    def show_drafts(self, drafts: Sequence[ConfigDraft]) -> None:
        """Show these rows instead."""
        self.take_all_out()
        for draft in drafts:
            self._put_in(draft)

    def show_faults(self, faults: Mapping[int, Fault]) -> bool:
        """Say what is wrong with each row, and go to the first; whether one is wrong."""
        for number, row in enumerate(self._rows):
            row.show_fault(faults.get(number))
        if faults:
            self._rows[min(faults)].value.setFocus()
        return bool(faults)

    def faults(self) -> dict[int, Fault]:
        """Answer what is wrong with the rows as they stand, by their number."""
        return row_faults(self.drafts(), self._known)

    def row_named(self, name: str) -> ConfigRow | None:
        """Answer the row of a setting."""
        return next((row for row in self._rows if row.name.text().strip() == name), None)

    def blank_row(self) -> ConfigRow:
        """Put in a row for any setting."""
        return self._put_in(ConfigDraft())

    def _put_in(self, draft: ConfigDraft) -> ConfigRow:
        row = ConfigRow(draft, self._known)
        return self.put_in(row, (row.name, row.value, row.back, row.remove))


def _first(documentation: str) -> str:
    """Answer the first sentence of the broker's own words."""
    return documentation.split(". ", maxsplit=1)[0].strip()
