"""The group page, its lag chart, and the forms that set offsets, delete a group and remove a member."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from desktop.core.kafka_group import Place
from desktop.views.kafka.groups.chart import LagChart
from desktop.views.kafka.groups.destroy import DestroyGroupSheet
from desktop.views.kafka.groups.page import GroupPage
from desktop.views.kafka.groups.reset import ResetSheet
from desktop.views.kafka.groups.tables import BAR_COLUMN
from embedded_server.contracts.connections import Environment
from embedded_server.contracts.kafka import (
    DeleteGroup,
    GroupInfo,
    LagHistory,
    LagPoint,
    RemoveMember,
    ResetRequest,
    ResetTo,
)
from tests.qt.kafka_form_fakes import STARTED, Bench, make_connection, make_group, make_history, make_problem
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
EMPTY = make_group(members=0, state="Empty")


@pytest.fixture
async def bench(qtbot: QtBot) -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    made.close()


@pytest.fixture
async def page(bench: Bench) -> AsyncIterator[GroupPage]:
    made = GroupPage(bench.service, bench.notices, bench.host)
    made.setGeometry(0, 0, 1096, 740)
    made.show()
    yield made
    await made.stop()


@pytest.fixture
async def reset(bench: Bench) -> AsyncIterator[ResetSheet]:
    sheet = ResetSheet(bench.host, bench.service, bench.notices)
    yield sheet
    await sheet.stop()


# -- the page


async def test_a_group_is_shown_whole(bench: Bench, page: GroupPage) -> None:
    page.set_group(make_connection(), "billing")
    await until(lambda: page.detail is not None and page.lag.chart.points())
    head = page.head
    assert (head.state.text(), head.state.tone()) == ("stable", "ok")
    assert [head.figure(key) for key in ("lag", "members", "topics", "assignor", "coordinator")] == ["600", "2", "2", "range", "broker 1"]
    assert len(page.offsets.small_model.rows()) == 4
    assert page.offsets.small_model.rows()[0].member == "pod-1"
    assert len(page.members.small_model.rows()) == 2
    QAbstractItemModelTester(page.offsets.small_model)


async def test_the_choice_of_a_partition_shows_behind_its_bar_too(bench: Bench, page: GroupPage) -> None:
    page.set_group(make_connection(), "billing")
    await until(lambda: page.detail is not None)
    page.offsets.selectRow(1)
    rows = [page.offsets.visualRect(page.offsets.small_model.index(row, BAR_COLUMN)).topLeft() for row in (0, 1)]
    shot = page.offsets.viewport().grab().toImage()
    plain, chosen = (shot.pixelColor(place) for place in rows)
    assert plain != chosen


@pytest.mark.parametrize("lag", [3, 303, 12_345_678_901])
async def test_no_figure_of_the_head_is_cut_where_a_dash_stood_before(bench: Bench, page: GroupPage, lag: int) -> None:
    page.resize(560, 740)
    group = make_group()
    bench.api.group = replace(group, offsets=[replace(group.offsets[0], lag=lag)])
    page.set_group(make_connection(), "billing")
    await until(lambda: page.head.lag() == f"{lag:,}")
    await until(lambda: all(figure.width() >= figure.sizeHint().width() for figure in page.head._figures.values()))


async def test_without_a_group_it_says_what_will_stand_here(page: GroupPage) -> None:
    page.set_group(make_connection(), None)
    assert page._pages.currentIndex() == 0
    assert page._message._title.text() == "No group is chosen"


async def test_it_asks_only_while_it_is_looked_at(bench: Bench, page: GroupPage) -> None:
    page.set_group(make_connection(), "billing")
    await until(lambda: page.detail is not None)
    assert page._clock.isActive()
    page.hide()
    assert not page._clock.isActive()
    count = len(bench.api.asked)
    page.set_group(make_connection(), "other")
    assert len(bench.api.asked) == count
    page.show()
    await until(lambda: len(bench.api.asked) > count)


async def test_an_answer_about_another_group_is_not_shown(bench: Bench, page: GroupPage) -> None:
    page.set_group(make_connection(), "billing")
    page.set_group(make_connection(), "other")
    bench.api.group = make_group(group="other")
    await until(lambda: page.detail is not None)
    assert page.head.name.whole() == "other"


async def test_what_fails_first_stands_in_the_page_and_later_above_what_was(bench: Bench, page: GroupPage) -> None:
    bench.api.failures["/group"] = make_problem("The group may not be read", "Ask for the right.", 403)
    page.set_group(make_connection(), "billing")
    await until(lambda: page._message._title.text() == "The group may not be read")
    bench.api.failures.clear()
    page.refresh()
    await until(lambda: page.detail is not None)
    bench.api.failures["/group"] = make_problem("Nobody answers", "Wait.", 502)
    page.refresh()
    await until(lambda: not page._stale.isHidden())
    assert page.detail is not None


async def test_acts_are_asked_for_with_the_group_as_it_is(qtbot: QtBot, bench: Bench, page: GroupPage) -> None:
    page.set_group(make_connection(), "billing")
    await until(lambda: page.detail is not None)
    assert not page.remove.isEnabled()
    page.members.selectRow(1)
    with qtbot.waitSignal(page.remove_requested) as removed:
        page.remove.click()
    assert removed.args is not None
    assert removed.args[1].client_id == "consumer-2"
    with qtbot.waitSignal(page.reset_requested):
        page.head.reset.click()
    page.set_group(make_connection(read_only=True), "billing")
    assert not page.head.reset.isEnabled()
    assert not page.remove.isEnabled()


async def test_a_share_group_tells_its_kind_and_lets_no_member_be_removed(bench: Bench, page: GroupPage) -> None:
    bench.api.group = replace(bench.api.group, group=GroupInfo("billing", "Stable", "share", "share", 2, 1, 7), epoch=4)
    page.set_group(make_connection(), "billing")
    await until(lambda: page.detail is not None)
    page.members.selectRow(1)
    assert not page.remove.isEnabled()
    assert "only the client itself" in page.remove.toolTip()
    assert page.head.figure("type") == "share"
    assert "epoch 4" in page.head._figures["type"].toolTip()


async def test_a_group_without_members_says_so(bench: Bench, page: GroupPage) -> None:
    bench.api.group = EMPTY
    page.set_group(make_connection(), "billing")
    await until(lambda: page.detail is not None)
    assert page.members.isHidden()
    assert not page._no_members.isHidden()


# -- the chart


async def test_the_lag_card_tells_rates_and_when_it_catches_up(bench: Bench, page: GroupPage) -> None:
    points = [LagPoint(STARTED + n * 5_000_000_000, 600, {"a": 1, "b": 2}, 100 * n, 600 + 50 * n) for n in range(20)]
    bench.api.history = LagHistory("billing", points)
    page.set_group(make_connection(), "billing")
    await until(lambda: page.lag.chart.points() and page.lag.forecast.text())
    assert page.lag.rates() == ("20 / s", "10 / s")
    await until(lambda: page.lag.forecast.text() == "catches up in about 1 m 00 s")
    assert page.lag.chart.topics() == ["b", "a"]


def test_the_pointer_and_the_keys_read_the_chart_out(qtbot: QtBot) -> None:
    chart = LagChart()
    qtbot.addWidget(chart)
    chart.resize(600, 188)
    chart.show_points(make_history().points)
    chart.show()
    assert chart.readout() == []
    QTest.keyClick(chart, Qt.Key.Key_Left)
    total = chart.readout()[1]
    assert total == ("accent", "total", f"{make_history().points[-1].total:,}")
    QTest.keyClick(chart, Qt.Key.Key_Home)
    assert chart.readout()[1][2] == f"{make_history().points[0].total:,}"
    assert "total" in chart.accessibleName()
    QTest.keyClick(chart, Qt.Key.Key_Escape)
    assert chart.readout() == []
    at = QPointF(chart.width() / 2, 60)
    buttons = Qt.MouseButton.NoButton
    chart.mouseMoveEvent(QMouseEvent(QMouseEvent.Type.MouseMove, at, at, buttons, buttons, Qt.KeyboardModifier.NoModifier))
    assert chart.readout()


@pytest.mark.parametrize("count", [0, 1, 2, 20_000])
def test_the_chart_is_painted_from_no_point_one_and_thousands(qtbot: QtBot, count: int) -> None:
    chart = LagChart()
    qtbot.addWidget(chart)
    chart.resize(600, 188)
    chart.show_points(make_history(count).points)
    chart.hover(count // 2)
    assert not chart.grab().isNull()
    if count > 2:
        lines = chart._line([point.total for point in chart.points()], chart._room(), 100)
        assert len(lines) <= 4 * 600


def test_a_topic_keeps_its_colour_while_it_is_among_the_busiest(qtbot: QtBot) -> None:
    chart = LagChart()
    qtbot.addWidget(chart)
    chart.show_points([LagPoint(STARTED, 3, {"a": 1, "b": 2})])
    tones = {topic: chart.tone_of(topic) for topic in ("a", "b")}
    chart.show_points([LagPoint(STARTED, 3, {"a": 2, "b": 1})])
    assert {topic: chart.tone_of(topic) for topic in ("a", "b")} == tones


# -- setting offsets


async def test_before_and_after_are_shown_before_anything_is_set(bench: Bench, reset: ResetSheet) -> None:
    reset.open_to(make_connection(), EMPTY)
    assert not reset.act.isEnabled()
    reset.start_dry_run()
    await until(reset.said)
    assert reset.said() == "2 offsets change; the lag will be 2,101."
    assert [request.dry_run for request in bench.api.bodies("/reset")] == [True]
    assert len(reset.changes.small_model.rows()) == 3
    assert reset.act.text() == "Set 2 offsets"
    reset.act.click()
    await until(lambda: len(bench.api.bodies("/reset")) == 2)
    assert bench.api.bodies("/reset")[1] == ResetRequest("billing", ResetTo.EARLIEST)
    await until(lambda: reset.said() == "2 offsets are set; the lag is 2,101 now.")
    assert not reset.act.isEnabled()


async def test_a_change_of_the_form_asks_for_another_dry_run(reset: ResetSheet) -> None:
    reset.open_to(make_connection(), EMPTY)
    reset.start_dry_run()
    await until(reset.said)
    reset.fields.to.choose(ResetTo.LATEST)
    assert reset.said() == ""
    assert not reset.act.isEnabled()


async def test_only_chosen_topics_and_partitions_are_set(bench: Bench, reset: ResetSheet) -> None:
    reset.open_to(make_connection(), EMPTY)
    reset.fields.topic("payments").setChecked(False)
    QTest.keyClicks(reset.fields.partitions, "0-1")
    reset.fields.to.choose(ResetTo.SHIFT)
    QTest.keyClicks(reset.fields.shift, "-500")
    reset.start_dry_run()
    await until(lambda: bench.api.bodies("/reset"))
    request = bench.api.bodies("/reset")[0]
    assert (request.to, request.offset) == (ResetTo.SHIFT, -500)
    assert [(one.topic, one.partitions) for one in request.partitions] == [("orders", [0, 1])]


async def test_a_value_that_is_none_is_told_and_nothing_is_asked(bench: Bench, reset: ResetSheet) -> None:
    reset.open_to(make_connection(), EMPTY)
    reset.fields.to.choose(ResetTo.TIME)
    reset.start_dry_run()
    assert "no time" in reset.fields.fault(Place.VALUE)
    assert bench.api.bodies("/reset") == []


async def test_while_a_group_is_active_it_says_why_not_and_lets_before_and_after_be_seen(bench: Bench, reset: ResetSheet) -> None:
    reset.open_to(make_connection(), make_group())
    assert "2 members are in the group: stop those consumers first" in reset.why_not()
    reset.start_dry_run()
    await until(reset.said)
    assert not reset.act.isEnabled()
    assert "stop those consumers" in reset.act.toolTip()
    reset.follow(EMPTY)
    assert reset.why_not() == ""
    assert reset.act.isEnabled()


async def test_the_form_sees_by_itself_that_the_consumers_have_gone(bench: Bench, reset: ResetSheet) -> None:
    reset.open_to(make_connection(), make_group())
    assert reset._clock.isActive()
    bench.api.group = EMPTY
    reset._look_again()
    await until(lambda: reset.why_not() == "")
    reset.close_sheet()
    assert not reset._clock.isActive()


async def test_on_production_the_groups_id_is_typed(bench: Bench, reset: ResetSheet) -> None:
    reset.open_to(make_connection(environment=Environment.PRODUCTION), EMPTY)
    reset.start_dry_run()
    await until(reset.said)
    reset.start_reset()
    assert len(bench.api.bodies("/reset")) == 1
    QTest.keyClicks(reset.typed_name.line, "billing")
    reset.act.click()
    await until(lambda: len(bench.api.bodies("/reset")) == 2)
    assert bench.api.bodies("/reset")[1].typed_name == "billing"


async def test_a_refusal_of_the_server_stands_above_the_buttons(bench: Bench, reset: ResetSheet) -> None:
    reset.open_to(make_connection(), EMPTY)
    bench.api.failures["/reset"] = make_problem("The group is not empty", "Stop its consumers.", 409)
    reset.start_dry_run()
    await until(reset.failure)
    assert reset.failure() == "The group is not empty\nStop its consumers."


# -- deleting


async def test_a_group_is_deleted_once_it_is_empty(bench: Bench) -> None:
    sheet = DestroyGroupSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(make_connection(), make_group())
    assert not sheet.act.isEnabled()
    sheet.open_to(make_connection(environment=Environment.PRODUCTION), EMPTY)
    assert sheet.question() == "Delete the group billing with its offsets in 4 partitions?"
    assert not sheet.act.isEnabled()
    QTest.keyClicks(sheet.typed_name.line, "billing")
    sheet.act.click()
    await until(lambda: not sheet.is_open())
    assert bench.api.bodies("/delete-group") == [DeleteGroup("billing", typed_name="billing")]
    await sheet.stop()


async def test_a_member_is_removed_by_its_id_and_instance(bench: Bench) -> None:
    sheet = DestroyGroupSheet(bench.host, bench.service, bench.notices)
    detail = make_group()
    sheet.open_to(make_connection(), detail, replace(detail.members[0]))
    assert sheet.question() == "Remove pod-1 from billing?"
    sheet.act.click()
    await until(lambda: not sheet.is_open())
    assert bench.api.bodies("/remove-member") == [RemoveMember("billing", "c1-8f1", "pod-1")]
    await sheet.stop()
