"""Keeps a feed table's columns as the user chose them, as far as there is room."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import QMenu

from desktop.core.feed_layout import ColumnLayout, fit
from desktop.core.i18n import tr
from desktop.services.settings import Settings
from desktop.views.widgets.feed_table import FeedTable

SAVE_AFTER_MS = 400
GROW_AFTER_MS = 250


class ColumnKeeper(QObject):
    """Applies a `ColumnLayout` to a table's header, follows the user's hand, and keeps the outcome in the settings."""

    def __init__(self, table: FeedTable, settings: Settings, settings_key: str) -> None:
        super().__init__(table)
        self._table = table
        self._columns = table.feed_model.columns
        self._keys = [c.key for c in self._columns]
        self._settings = settings
        self._settings_key = f"{settings_key}/columns"
        self._layout = ColumnLayout.from_settings(self._columns, settings.value(self._settings_key, list[str]()))
        self._applying = False
        self._save_timer = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._save_timer.timeout.connect(self.save)
        header = table.horizontalHeader()
        header.sectionResized.connect(self._on_resized)
        header.sectionMoved.connect(self._on_moved)
        header.customContextMenuRequested.connect(self._on_menu_requested)
        self._grow_timer = QTimer(self, singleShot=True, interval=GROW_AFTER_MS)
        self._grow_timer.timeout.connect(self._grow)
        table.feed_model.rows_loaded.connect(self._on_rows_loaded)
        table.viewport().installEventFilter(self)
        self.apply()

    def apply(self) -> None:
        """Bring the header to the layout and the room there is."""
        header = self._table.horizontalHeader()
        widths = fit(self._columns, self._layout, self._table.viewport().width())
        fits = sum(widths.values()) <= self._table.viewport().width()
        self._table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff if fits else Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._applying = True
        for at, key in enumerate(self._layout.order):
            header.moveSection(header.visualIndex(self._keys.index(key)), at)
        for section, key in enumerate(self._keys):
            shown = key in widths
            if header.isSectionHidden(section) is shown:
                header.setSectionHidden(section, not shown)
            if shown and header.sectionSize(section) != widths[key]:
                header.resizeSection(section, widths[key])
        self._applying = False

    def menu(self) -> QMenu:
        """Answer a menu in which columns are chosen; it deletes itself once closed."""
        menu = QMenu(self._table)
        for column in self._columns:
            action = menu.addAction(tr(column.title))
            action.setCheckable(True)
            action.setChecked(column.key not in self._layout.hidden)
            action.toggled.connect(lambda shown, key=column.key: self.set_shown(key, shown))
        menu.addSeparator()
        menu.addAction(tr("Reset columns")).triggered.connect(self.reset)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def set_shown(self, key: str, shown: bool) -> None:
        """Show or hide a column."""
        self._change(self._layout.with_shown(key, shown))

    def reset(self) -> None:
        """Go back to the columns nobody has touched."""
        self._change(ColumnLayout.default(self._columns))

    def save(self) -> None:
        """Keep the layout."""
        self._save_timer.stop()
        self._settings.set_value(self._settings_key, self._layout.to_settings())

    def _change(self, layout: ColumnLayout) -> None:
        self._layout = layout
        self.apply()
        self._save_timer.start()

    def _on_rows_loaded(self) -> None:
        if not self._grow_timer.isActive():
            self._grow_timer.start()

    def _grow(self) -> None:
        """Times of another day are longer than today's: give a column that must be read whole the room for them."""
        first, last = self._table.visible_rows()
        for section, column in enumerate(self._columns):
            if not column.grows or self._table.isColumnHidden(section):
                continue
            needed = max(self._table.sizeHintForIndex(self._table.feed_model.index(row, section)).width() for row in (first, last))
            if needed > self._layout.widths[column.key]:
                self._change(self._layout.with_width(column.key, needed))

    def _on_resized(self, section: int, _old: int, new: int) -> None:
        header = self._table.horizontalHeader()
        is_last = header.visualIndex(section) == max(header.visualIndex(s) for s in range(header.count()) if not header.isSectionHidden(s))
        if not self._applying and not is_last and new:  # the last one only takes what is left
            self._layout = self._layout.with_width(self._keys[section], new)
            self._save_timer.start()

    def _on_moved(self) -> None:
        if not self._applying:
            header = self._table.horizontalHeader()
            self._layout = self._layout.with_order([self._keys[header.logicalIndex(at)] for at in range(header.count())])
            self._save_timer.start()

    def _on_menu_requested(self, where: QPoint) -> None:
        self.menu().popup(self._table.horizontalHeader().mapToGlobal(where))

    # -- Qt overrides

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Fit the columns to a new width."""
        if event.type() is QEvent.Type.Resize:
            self.apply()
        return False
