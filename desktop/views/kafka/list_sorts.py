"""The menu with the orders of the topics, and whether Kafka's own are among them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from desktop.core.i18n import N_, tr
from desktop.views.kafka.list_source import Order

SORTS: Final = (
    ("name", False, N_("By name")),
    ("messages", True, N_("Most records first")),
    ("bytes", True, N_("Largest first")),
    ("rate", True, N_("Fastest first")),
    ("partitions", True, N_("Most partitions first")),
)


def sorts_menu(parent: QWidget, order: Order, choose: Callable[[Order], None]) -> QMenu:
    """Make the menu; *order* is checked in it, and *choose* is told another one."""
    menu = QMenu(parent)
    menu.aboutToHide.connect(menu.deleteLater)
    one_of = QActionGroup(menu)
    for sort, descending, words in SORTS:
        action = one_of.addAction(menu.addAction(tr(words)))
        action.setCheckable(True)
        action.setChecked((sort, descending) == (order.sort, order.descending))
        wanted = replace(order, sort=sort, descending=descending)
        action.triggered.connect(lambda _=False, wanted=wanted: choose(wanted))
    menu.addSeparator()
    internal = menu.addAction(tr("Show Kafka's own topics"))
    internal.setCheckable(True)
    internal.setChecked(order.internal)
    internal.triggered.connect(lambda on: choose(replace(order, internal=on)))
    return menu
