import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.feed_columns import EVENT_COLUMNS, KIND, Column
from desktop.core.feed_layout import ColumnLayout, fit

COLUMNS = (
    Column("time", "Time", 100, str, min_width=100),
    Column("name", "Name", 150, str),
    Column("worker", "Worker", 90, str, yields=1),
    Column("extra", "Extra", 90, str, hidden=True, yields=2),
    Column("preview", "Preview", 200, str),
)
DEFAULT = ColumnLayout.default(COLUMNS)


def test_with_room_every_chosen_column_has_its_width() -> None:
    assert fit(COLUMNS, DEFAULT, 1000) == {"time": 100, "name": 150, "worker": 90, "preview": 200}


def test_short_of_room_columns_give_up_width_but_not_below_their_least() -> None:
    widths = fit(COLUMNS, DEFAULT, 450)
    assert sum(widths.values()) <= 450
    assert widths["time"] == 100
    assert widths["name"] >= 100


def test_shorter_still_columns_step_aside_by_rank() -> None:
    shown = fit(COLUMNS, DEFAULT.with_shown("extra", shown=True), 340)
    assert list(shown) == ["time", "name", "preview"]


def test_what_the_user_chose_survives_the_settings() -> None:
    layout = DEFAULT.with_order(["name", "time", "worker", "extra", "preview"]).with_width("name", 222).with_shown("worker", shown=False)
    assert ColumnLayout.from_settings(COLUMNS, layout.to_settings()) == layout


def test_the_last_column_cannot_be_hidden() -> None:
    only = ColumnLayout(("time", "name"), frozenset({"name"}), {"time": 1, "name": 1})
    assert only.with_shown("time", shown=False) == only


def test_a_column_of_a_newer_version_appears_where_that_version_has_it() -> None:
    kept = ["time:100", "preview:300"]
    layout = ColumnLayout.from_settings(COLUMNS, kept)
    assert layout.order == ("time", "name", "worker", "extra", "preview")
    assert layout.hidden == {"extra"}
    assert layout.widths["preview"] == 300


@given(st.lists(st.text(max_size=20), max_size=8))
def test_settings_that_make_no_sense_never_break_the_table(kept: list[str]) -> None:
    layout = ColumnLayout.from_settings(COLUMNS, kept)
    assert set(layout.order) == {c.key for c in COLUMNS}
    assert fit(COLUMNS, layout, 500)


@pytest.mark.parametrize("room", [360, 500, 676, 1060, 2000])
def test_event_columns_never_need_a_horizontal_scroll_bar(room: int) -> None:
    assert sum(fit(EVENT_COLUMNS, ColumnLayout.default(EVENT_COLUMNS), room).values()) <= room


def test_the_kind_stays_in_sight() -> None:
    assert KIND.key in fit(EVENT_COLUMNS, ColumnLayout.default(EVENT_COLUMNS), 676)
