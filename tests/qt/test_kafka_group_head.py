"""A group's head has room for its figures, however long they have become."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from desktop.core.kafka_record import SeenRecord, time_words
from desktop.views.kafka.groups.head import GroupHead
from tests.qt.kafka_form_fakes import make_group
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.mark.parametrize("lag", [3, 303, 12_345_678])
async def test_no_figure_is_cut_where_a_dash_stood_before(qtbot: QtBot, lag: int) -> None:
    head = GroupHead()
    qtbot.addWidget(head)
    head.resize(900, 120)
    head.show()
    await until(head.isVisible)
    group = make_group()
    head.show_group(replace(group, offsets=[replace(group.offsets[0], lag=lag)]), read_only=False)
    figures = list(head._figures.values())
    await until(lambda: all(figure.width() >= figure.sizeHint().width() for figure in figures))


def test_a_time_of_zero_is_1970_and_none_is_none() -> None:
    seen = SeenRecord("orders", 0, 1)
    assert time_words(replace(seen, timestamp=-1)) == "none"
    assert "1970" in time_words(replace(seen, timestamp=0)) or "1969" in time_words(replace(seen, timestamp=0))
