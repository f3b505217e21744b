"""The list of a panel whose things stand in rows of two lines, drawn by a delegate."""

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtWidgets import QListView

from desktop.views.theme import theme
from desktop.views.widgets.row_keys import RowKeys


def list_view(model: QAbstractItemModel, key: str, name: str) -> QListView:
    """Make a list without a frame on its card's ground; tests find it by *key*, screen readers by *name*."""
    view = QListView()
    view.setObjectName(key)
    view.setAccessibleName(name)
    view.setModel(model)
    view.setFrameShape(QListView.Shape.NoFrame)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setMouseTracking(True)
    view.setUniformItemSizes(True)
    view.viewport().setAutoFillBackground(False)
    RowKeys(view)
    theme().changed.connect(view.viewport().update)
    return view
