from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from desktop.core.tasks_draft import Draft, Entry, When, parse_duration, parse_moment, prepare, rerun_draft
from tests.unit.desktop_tasks.details import make_detail

TAIPEI = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=TAIPEI)


def test_a_whole_draft_becomes_a_request() -> None:
    draft = Draft(" demo.add ", "[2, 9007199254740993]", '{"z": null}', When.AFTER, countdown="1m30s", queue=" slow ", priority=0)
    request = prepare(draft, NOW).request
    assert request is not None
    assert (request.name, request.args, request.kwargs) == ("demo.add", [2, 9007199254740993], {"z": None})
    assert (request.countdown, request.eta, request.queue, request.priority) == (90.0, None, "slow", 0)


def test_only_the_chosen_way_of_waiting_is_sent() -> None:
    draft = Draft("demo.add", countdown="10", eta="14:30")
    now, at = prepare(draft, NOW).request, prepare(replace(draft, when=When.AT), NOW).request
    assert now is not None
    assert at is not None
    assert (now.countdown, now.eta) == (None, None)
    assert (at.countdown, at.eta) == (None, "2026-11-24T14:30:00+08:00")


def test_every_fault_is_told_at_its_field_at_once() -> None:
    prepared = prepare(Draft("", "[1,", "[]", When.AFTER, countdown="soon"), NOW)
    assert prepared.request is None
    assert [fault.entry for fault in prepared.faults] == [Entry.NAME, Entry.ARGS, Entry.KWARGS, Entry.WHEN]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0),
        ("1.5", 1.5),
        ("250ms", 0.25),
        ("2h", 7200.0),
        ("1m30s", 90.0),
        (" 1 h 2 m ", 3720.0),
        ("", None),
        ("-1", None),
        ("5 x", None),
        ("1 2", None),
    ],
)
def test_lengths_of_time(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("14:30", "2026-11-24T14:30:00+08:00"),
        ("9:05", "2026-11-25T09:05:00+08:00"),
        ("2026-12-01 08:00", "2026-12-01T08:00:00+08:00"),
        ("2026-12-01T08:00:00Z", "2026-12-01T08:00:00+00:00"),
        ("25:00", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_moments(text: str, iso: str | None) -> None:
    moment = parse_moment(text, NOW)
    assert (moment.isoformat() if moment else None) == iso


def test_a_time_without_a_zone_is_in_the_users() -> None:
    moment = parse_moment("2026-12-01 08:00", datetime(2026, 11, 24, tzinfo=UTC))
    assert moment is not None
    assert moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("args", "kwargs", "shown", "shortened"),
    [
        ("(2, 3)", "{}", ("[2, 3]", ""), False),
        ("[2, 3]", '{"x": 1}', ("[2, 3]", '{"x": 1}'), False),
        ('["wait..."]', "{}", ('["wait..."]', ""), False),
        ("('a',)", "{'x': None}", ('["a"]', '{"x": null}'), False),
        ("'(1, 2)'", "", ("[1, 2]", ""), False),
        ("('aaa...',)", "{}", ('["aaa..."]', ""), True),
        ("(1, 2, ...)", "{}", ("(1, 2, ...)", ""), True),
        ("(b'x',)", "{}", ("(b'x',)", ""), True),
        ("(<Order 1>,)", "{}", ("(<Order 1>,)", ""), True),
        ("", "", ("[]", ""), False),
    ],
)
def test_run_again_turns_a_repr_into_json_and_says_when_it_may_be_shortened(
    args: str, kwargs: str, shown: tuple[str, str], shortened: bool
) -> None:
    draft = rerun_draft(make_detail(args=args, kwargs=kwargs))
    assert (draft.args, draft.kwargs) == shown
    assert draft.shortened is shortened
    assert draft.origin == "c1f0a9d2-6f54-4b1e-9a53-0f7c7be0a4d1"


def test_run_again_prefers_arguments_that_are_known_whole() -> None:
    draft = rerun_draft(make_detail(args="('aaa...',)", args_json='["aaaaaa"]', kwargs_json="{}"))
    assert (draft.args, draft.kwargs, draft.shortened) == ('["aaaaaa"]', "", False)
