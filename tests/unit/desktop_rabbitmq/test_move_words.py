from typing import Any

import pytest

from desktop.core.jobs_words import progress_words, state_words, summary_words, targets_of, what_words, worth_resending
from desktop.core.rabbitmq_destroy import act_words as destroy_words
from desktop.core.rabbitmq_destroy import question_words
from desktop.core.rabbitmq_move import Back, Goal, MoveDraft, Place, act_words, found_words, prepare, rest_words
from desktop.core.rabbitmq_route import outcome_words, route_words
from embedded_server.contracts.jobs import Job, JobKind, JobState
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.rabbitmq import MessageStatus, MoveRequest, PublishOutcome, RedriveRequest, Route, Target

STARTED = 1_795_000_000_000_000_000


def make_job(kind: JobKind = JobKind.MOVE, state: JobState = JobState.RUNNING, **changes: Any) -> Job:
    values: dict[str, Any] = {"source": "orders.dead", "target": "orders.retry", "total": 20, "started_at": STARTED, "rate": 812.0}
    return Job("j", kind, "shop", "/", state=state, **(values | changes))


def test_a_move_to_a_queue_goes_through_the_default_exchange() -> None:
    request = prepare(MoveDraft(queue="orders.retry", filter=" body.a:1 ", limit="1,000"), "/", "orders.dead", redrive=False).request
    assert request == MoveRequest("/", "orders.dead", "", "orders.retry", "body.a:1", 1000)


def test_a_move_to_an_exchange_may_keep_each_key() -> None:
    request = prepare(MoveDraft(Goal.EXCHANGE, exchange="orders"), "/", "q", redrive=False).request
    assert request == MoveRequest("/", "q", "orders", "")


def test_a_redrive_needs_no_target() -> None:
    request = prepare(MoveDraft(back=Back.EXCHANGE, strip_death=False), "/", "q", redrive=True).request
    assert request == RedriveRequest("/", "q", to_queue=False, strip_death=False)


@pytest.mark.parametrize(
    ("draft", "place"),
    [
        (MoveDraft(), Place.TARGET),
        (MoveDraft(queue="q"), Place.TARGET),
        (MoveDraft(Goal.EXCHANGE), Place.TARGET),
        (MoveDraft(Goal.EXCHANGE, exchange="e", routing_key="k" * 256), Place.ROUTING_KEY),
        (MoveDraft(queue="other", limit="0"), Place.LIMIT),
        (MoveDraft(queue="other", limit="some"), Place.LIMIT),
    ],
)
def test_what_keeps_a_move_from_being_asked_for_is_told_at_its_place(draft: MoveDraft, place: Place) -> None:
    prepared = prepare(draft, "/", "q", redrive=False)
    assert prepared.request is None
    assert set(prepared.faults) == {place}


def test_the_act_names_its_number() -> None:
    assert act_words(1204, redrive=False) == "Move 1,204 messages"
    assert act_words(17, redrive=True) == "Redrive 17 messages"
    assert act_words(1, redrive=True) == "Redrive 1 message"
    assert destroy_words(Target.MESSAGES, 1204) == "Purge 1,204 messages"
    assert destroy_words(Target.MESSAGES, None) == "Purge all"
    assert question_words(Target.QUEUE, "orders.dead", 3) == "Delete the queue orders.dead with its 3 messages?"


def test_a_dry_run_is_told_by_target_and_says_why_others_stay() -> None:
    counts = {"matched": 17, "skipped": 3, "refused": 1, "to (default) → a": 5, "to (default) → b": 12}
    job = make_job(JobKind.REDRIVE, JobState.DONE, dry_run=True, counts=counts)
    assert found_words(job) == "17 messages would be sent:"
    assert targets_of(job) == [("(default) → b", 12), ("(default) → a", 5)]
    assert rest_words(job).splitlines()[0].startswith("3 stay")
    assert "user-id" in rest_words(job)
    assert summary_words(job) == "17 match · 1 refused · 3 skipped"


def test_a_job_says_what_it_does_and_how_far_it_is() -> None:
    job = make_job(done=7)
    assert what_words(job) == "Move orders.dead → orders.retry"
    assert what_words(make_job(JobKind.PUBLISH, source="", target="orders")) == "Publish → orders"
    subject = make_job(JobKind.PUBLISH, source="", target="orders → order.paid")
    assert what_words(subject) == "Publish orders → order.paid"
    assert progress_words(job, STARTED + 12_000_000_000) == "7 of 20 · 812 / s · 12 s"
    assert progress_words(make_job(JobKind.TAP, total=-1, done=3), STARTED) == "3 · 812 / s · 0 s"
    assert state_words(make_job(state=JobState.WAITING)) == ("waiting for the connection", "warn")


def test_while_a_job_runs_only_what_went_wrong_is_told_beside_its_progress() -> None:
    counts = {"confirmed": 9, "returned": 2}
    assert summary_words(make_job(JobKind.PUBLISH, counts=counts)) == "2 returned"
    tailed = {"records": 52, "bytes": 14_000}
    assert summary_words(make_job(JobKind.TAIL, counts=tailed)) == "14 kB"
    assert summary_words(make_job(JobKind.TAIL, JobState.STOPPED, counts=tailed)) == "52 records · 14 kB"
    assert summary_words(make_job(JobKind.PUBLISH, JobState.DONE, counts=counts)) == "9 confirmed · 2 returned"


def test_every_state_and_kind_has_a_word() -> None:
    for state in JobState:
        assert state_words(make_job(state=state))[0]
    for kind in JobKind:
        assert what_words(make_job(kind))


def test_only_what_is_over_and_unconfirmed_is_offered_again() -> None:
    counts = {"confirmed": 400, "unconfirmed": 600}
    assert worth_resending(make_job(JobKind.PUBLISH, JobState.FAILED, counts=counts)) == 600
    assert worth_resending(make_job(JobKind.PUBLISH, JobState.RUNNING, counts=counts)) == 0
    assert worth_resending(make_job(JobKind.MOVE, JobState.DONE, counts=counts)) == 0


def test_a_route_is_told_in_one_line() -> None:
    assert route_words(Route(["a", "b"], ["e"], dropped=False), mandatory=True).text == "Reaches a, b"
    assert route_words(Route(list("abcdefg"), ["e"], dropped=False), mandatory=True).text == "Reaches a, b, c, d and 3 more queues"
    assert "comes back" in route_words(Route([], ["e"], dropped=True), mandatory=True).text
    assert "lost" in route_words(Route([], ["e"], dropped=True), mandatory=False).text
    assert route_words(Route([], ["e"], dropped=True, exact=False), mandatory=True).tone == "warn"
    missing = ProblemDetails("x", "There is no exchange x", 404, hint="Declare it.")
    assert route_words(Route([], [], dropped=True, problem=missing), mandatory=True).text == "There is no exchange x. Declare it."


def test_every_outcome_has_its_words_and_tone() -> None:
    tones = {status: outcome_words(PublishOutcome(status, 312, "NO_ROUTE")).tone for status in MessageStatus}
    assert tones[MessageStatus.CONFIRMED] == "ok"
    assert tones[MessageStatus.REFUSED] == "bad"
    assert "312 NO_ROUTE" in outcome_words(PublishOutcome(MessageStatus.RETURNED, 312, "NO_ROUTE")).text
    assert "may be there or not" in outcome_words(PublishOutcome(MessageStatus.UNCONFIRMED)).text
