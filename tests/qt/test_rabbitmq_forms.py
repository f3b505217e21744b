"""The forms that declare, move and destroy, over a fake server."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from desktop.core.problems import ApiError
from desktop.core.rabbitmq_arguments import QueueType
from desktop.core.rabbitmq_declare import BindDraft, ExchangeDraft, QueueDraft
from desktop.core.rabbitmq_move import Back, Goal, MoveDraft, Place
from desktop.core.rabbitmq_typed import Entry
from desktop.views.rabbitmq.declare.bind import BindSheet
from desktop.views.rabbitmq.declare.exchange import DeclareExchangeSheet
from desktop.views.rabbitmq.declare.queue import DeclareQueueSheet
from desktop.views.rabbitmq.destroy.sheet import DestroySheet
from desktop.views.rabbitmq.move.sheet import MoveSheet
from desktop.views.rabbitmq.rabbit_sheet import RabbitSheet
from embedded_server.contracts.connections import Environment
from embedded_server.contracts.jobs import Job, JobKind, JobState
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.rabbitmq import (
    BindingRequest,
    DeclareExchange,
    DeclareQueue,
    Destroy,
    FieldType,
    Header,
    MoveRequest,
    RedriveRequest,
    Route,
    RouteQuery,
    Target,
)
from tests.qt.rabbitmq_form_fakes import STARTED, Bench, make_connection, make_job, make_problem
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
PRODUCTION = Environment.PRODUCTION


class Forms(Bench):
    """Makes sheets, and ends them."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[RabbitSheet] = []

    def make(self, kind: Callable[..., Any]) -> Any:
        sheet = kind(self.host, self.service, self.notices)
        self.made.append(sheet)
        return sheet


@pytest.fixture
async def forms(qtbot: QtBot) -> AsyncIterator[Forms]:
    made = Forms()
    yield made
    made.close()
    for sheet in made.made:
        await sheet.stop()


async def settled(sheet: RabbitSheet) -> None:
    await until(lambda: not sheet.is_busy())


# -- declaring


async def test_a_queue_is_declared_as_typed_and_the_form_begins_anew(forms: Forms) -> None:
    sheet = forms.make(DeclareQueueSheet)
    sheet.open_to(make_connection(), "/")
    sheet.show_draft(QueueDraft("orders", known={"x-message-ttl": "30s"}, others=(Entry("x-queue-mode", FieldType.STRING, "lazy"),)))
    done: list[object] = []
    sheet.done.connect(done.append)
    assert sheet.button.text() == "Declare orders"
    sheet.start()
    await settled(sheet)
    arguments = [Header("x-message-ttl", FieldType.INTEGER, 30_000), Header("x-queue-mode", FieldType.STRING, "lazy")]
    assert forms.api.bodies("/queues") == [DeclareQueue("/", "orders", arguments=arguments)]
    assert len(done) == 1
    assert not sheet.is_open()
    assert sheet.draft() == QueueDraft()


async def test_an_argument_that_differs_is_told_at_its_field(forms: Forms) -> None:
    sheet = forms.make(DeclareQueueSheet)
    sheet.open_to(make_connection(), "/")
    sheet.show_draft(QueueDraft("orders", known={"x-message-ttl": "30s"}))
    title, params = "“orders” exists already, with another “{argument}”", {"argument": "x-message-ttl"}
    forms.api.failures["/queues"] = ApiError(ProblemDetails("x", "t", 409, title_template=title, hint="It has none.", params=params))
    sheet.start()
    await settled(sheet)
    assert sheet.arguments.fault("x-message-ttl") == "“orders” exists already, with another “x-message-ttl”. It has none."
    assert sheet.failure() == ""
    assert sheet.is_open()


async def test_a_difference_without_a_field_of_its_own_stands_above_the_button(forms: Forms) -> None:
    sheet = forms.make(DeclareQueueSheet)
    sheet.open_to(make_connection(), "/")
    sheet.show_draft(QueueDraft("orders"))
    forms.api.failures["/queues"] = ApiError(ProblemDetails("x", "Another x-odd", 409, params={"argument": "x-odd"}))
    sheet.start()
    await settled(sheet)
    assert sheet.failure() == "Another x-odd"


async def test_a_kind_of_queue_shows_the_arguments_it_knows(forms: Forms) -> None:
    sheet = forms.make(DeclareQueueSheet)
    sheet.open_to(make_connection(), "/")
    sheet.kind.choose(QueueType.STREAM)
    shown = {key for key, cell in sheet.arguments._cells.items() if not cell.isHidden()}
    assert shown == {"x-max-length-bytes", "x-max-age", "x-stream-max-segment-size-bytes"}
    sheet.show_draft(QueueDraft("log", QueueType.STREAM, known={"x-max-age": "7D", "x-max-priority": "9"}))
    sheet.start()
    await settled(sheet)
    request: DeclareQueue = forms.api.bodies("/queues")[0]
    assert [header.name for header in request.arguments] == ["x-queue-type", "x-max-age"]


async def test_a_wrong_argument_is_told_as_it_is_typed(forms: Forms) -> None:
    sheet = forms.make(DeclareQueueSheet)
    sheet.open_to(make_connection(), "/")
    field = sheet.arguments.field("x-max-priority")
    assert isinstance(field, QLineEdit)
    QTest.keyClicks(field, "300")
    assert "1 to 255" in sheet.arguments.fault("x-max-priority")
    sheet.start()
    assert forms.api.bodies("/queues") == []


async def test_an_argument_that_is_set_twice_is_told_at_its_row(forms: Forms) -> None:
    sheet = forms.make(DeclareQueueSheet)
    sheet.open_to(make_connection(), "/")
    sheet.show_draft(QueueDraft("q", known={"x-max-length": "5"}, others=(Entry("x-max-length", FieldType.INTEGER, "6"),)))
    sheet.start()
    assert sheet.arguments.more.is_open()
    assert "is set above" in sheet.arguments.others.problem()
    assert forms.api.bodies("/queues") == []


async def test_an_exchange_is_declared_as_typed(forms: Forms) -> None:
    sheet = forms.make(DeclareExchangeSheet)
    sheet.open_to(make_connection(), "/")
    sheet.start()
    assert sheet.fault("name").startswith("This has no name")
    sheet.show_draft(ExchangeDraft("e", "x-delayed-message", internal=True, known={"alternate-exchange": "u"}))
    sheet.start()
    await settled(sheet)
    alternate = [Header("alternate-exchange", FieldType.STRING, "u")]
    assert forms.api.bodies("/exchanges") == [DeclareExchange("/", "e", "x-delayed-message", internal=True, arguments=alternate)]


async def test_a_binding_of_a_headers_exchange_asks_how_headers_match(forms: Forms) -> None:
    sheet = forms.make(BindSheet)
    sheet.open_to(make_connection(), "/", "by-header", "orders.charge")
    await until(lambda: not sheet._match.isHidden())
    sheet.show_draft(BindDraft("by-header", "orders.charge", x_match="any", arguments=(Entry("country", FieldType.STRING, "TW"),)))
    sheet.start()
    await settled(sheet)
    arguments = [Header("x-match", FieldType.STRING, "any"), Header("country", FieldType.STRING, "TW")]
    assert forms.api.bodies("/bindings") == [BindingRequest("/", "by-header", "orders.charge", arguments=arguments)]


async def test_a_draft_of_each_form_survives_rebuilding_the_window(forms: Forms) -> None:
    queue, bind = forms.make(DeclareQueueSheet), forms.make(BindSheet)
    queue.show_draft(QueueDraft("half", known={"x-expires": "3"}))
    bind.show_draft(BindDraft("e", "q", to_queue=False, routing_key="k"))
    assert forms.make(DeclareQueueSheet).draft() == queue.draft()
    assert forms.make(BindSheet).draft() == bind.draft()


# -- moving


def dry(**counts: int) -> Job:
    return make_job(JobKind.MOVE, JobState.DONE, dry_run=True, source="orders.dead", counts=counts, ended_at=STARTED)


async def test_a_move_is_counted_first_and_then_named_by_its_number(forms: Forms) -> None:
    sheet = forms.make(MoveSheet)
    sheet.open_to(make_connection(), "/", "orders.dead", redrive=False, count=20)
    sheet.fields.show_draft(MoveDraft(queue="orders.retry", filter="body.amount:>500"))
    forms.api.job = dry(matched=17, skipped=3, **{"to (default) → orders.retry": 17})
    sheet.start_dry_run()
    await until(lambda: sheet.act.text() == "Move 17 messages")
    assert forms.api.bodies("/move") == [MoveRequest("/", "orders.dead", "", "orders.retry", "body.amount:>500", dry_run=True)]
    assert sheet.found.text() == "17 messages would be sent:"
    assert sheet.found.table.small_model.rows() == [("(default) → orders.retry", 17)]
    forms.api.job = make_job(JobKind.MOVE, JobState.DONE, counts={"moved": 17, "left": 3}, ended_at=STARTED)
    sheet.start_act()
    await until(lambda: sheet.card.summary() == "17 moved · 3 left")
    assert not forms.api.bodies("/move")[1].dry_run
    await until(lambda: sheet.source() == "orders.dead\n17 messages are ready there")  # as the queue is now


async def test_a_changed_form_no_longer_counts_what_was_counted(forms: Forms) -> None:
    sheet = forms.make(MoveSheet)
    sheet.open_to(make_connection(), "/", "orders.dead", redrive=True, count=20)
    forms.api.job = replace(dry(matched=17), kind=JobKind.REDRIVE)
    sheet.start_dry_run()
    await until(sheet.is_counted)
    assert sheet.act.text() == "Redrive 17 messages"
    sheet.fields.limit.setText("5")
    assert not sheet.is_counted()
    assert sheet.found.is_stale()
    assert sheet.act.text() == "Redrive without a dry run"
    sheet.fields.limit.setText("")
    assert sheet.act.text() == "Redrive 17 messages"


async def test_escape_in_the_empty_filter_closes_the_form(forms: Forms) -> None:
    sheet = forms.make(MoveSheet)
    sheet.open_to(make_connection(), "/", "orders.dead", redrive=True, count=20)
    line = sheet.fields.filter_bar.line
    sheet.fields.filter_bar.set_text("x")
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert sheet.is_open()
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert not sheet.is_open()


async def test_a_dry_run_that_finds_nothing_offers_nothing(forms: Forms) -> None:
    sheet = forms.make(MoveSheet)
    sheet.open_to(make_connection(), "/", "orders.dead", redrive=True, count=0)
    forms.api.job = replace(dry(skipped=3), kind=JobKind.REDRIVE)
    sheet.start_dry_run()
    await until(sheet.is_counted)
    assert not sheet.act.isEnabled()
    assert "found nothing" in sheet.act.toolTip()


async def test_a_dry_run_that_looked_at_a_part_says_so_and_names_no_number(forms: Forms) -> None:
    sheet = forms.make(MoveSheet)
    sheet.open_to(make_connection(), "/", "orders.dead", redrive=True, count=250_000)
    problem = ProblemDetails("x", "Only the first 100000 messages were looked at", 409, hint="Those behind may match, too.")
    counted = dry(matched=17, skipped=99_983)
    forms.api.job = replace(counted, kind=JobKind.REDRIVE, done=100_000, total=250_000, problem=problem)
    sheet.start_dry_run()
    await until(sheet.is_counted)
    assert sheet.found.text() == "17 of the first 100,000 messages would be sent:"
    assert sheet.found.short() == "Only the first 100000 messages were looked at\nThose behind may match, too."
    assert sheet.act.text() == "Redrive"
    forms.api.job = replace(forms.api.job, counts={"skipped": 100_000})
    sheet.start_dry_run()
    await until(lambda: sheet.found.text() == "None of the first 100,000 messages would be sent.")
    assert sheet.act.isEnabled()


async def test_a_redrive_goes_back_as_chosen(forms: Forms) -> None:
    sheet = forms.make(MoveSheet)
    sheet.open_to(make_connection(), "/", "orders.dead", redrive=True, count=17)
    sheet.fields.show_draft(MoveDraft(back=Back.EXCHANGE, strip_death=False, limit="5"))
    sheet.start_act()
    await settled(sheet)
    assert forms.api.bodies("/redrive") == [RedriveRequest("/", "orders.dead", limit=5, to_queue=False, strip_death=False)]


async def test_on_production_the_queues_name_is_typed_before_a_move_but_not_before_a_dry_run(forms: Forms) -> None:
    sheet = forms.make(MoveSheet)
    sheet.open_to(make_connection(environment=PRODUCTION), "/", "orders.dead", redrive=True, count=17)
    assert sheet.dry_run.isEnabled()
    assert not sheet.act.isEnabled()
    sheet.start_act()
    assert forms.api.bodies("/redrive") == []
    sheet.typed_name.line.setText("orders.dead")
    assert sheet.act.isEnabled()
    sheet.start_act()
    await settled(sheet)
    assert forms.api.bodies("/redrive")[0].typed_name == "orders.dead"


async def test_a_wrong_filter_is_told_at_the_filter_with_its_place(forms: Forms) -> None:
    sheet = forms.make(MoveSheet)
    sheet.open_to(make_connection(), "/", "orders.dead", redrive=True, count=17)
    sheet.fields.filter_bar.line.setText("boddy.a:1")
    params = {"position": 0, "length": 5}
    forms.api.failures["/redrive"] = ApiError(ProblemDetails("x", "Unknown field “boddy”", 422, hint="Try body.", params=params))
    sheet.start_dry_run()
    await settled(sheet)
    assert sheet.fields.filter_bar.error == "Unknown field “boddy”\nTry body."
    assert sheet.fields.filter_bar.marked == (0, 5)
    assert sheet.failure() == ""


async def test_a_move_says_before_anything_where_copies_would_arrive(forms: Forms) -> None:
    sheet = forms.make(MoveSheet)
    sheet.open_to(make_connection(), "/", "orders.dead", redrive=False, count=17)
    assert sheet.fields.route.isHidden()
    forms.api.route = Route([], [], dropped=True)
    sheet.fields.target_queue.setText("orders.retry")
    await until(lambda: "comes back" in sheet.fields.route.text())
    assert forms.api.bodies("/route") == [RouteQuery("/", "", "orders.retry")]
    sheet.fields.goal.choose(Goal.EXCHANGE)
    sheet.fields.exchange.setText("orders")
    assert sheet.fields.route.isHidden()  # each message keeps its own key


async def test_a_move_needs_a_target(forms: Forms) -> None:
    sheet = forms.make(MoveSheet)
    sheet.open_to(make_connection(), "/", "orders.dead", redrive=False, count=17)
    sheet.fields.goal.choose(Goal.EXCHANGE)
    sheet.start_dry_run()
    assert sheet.fields.fault(Place.TARGET).startswith("No target is named")
    assert forms.api.bodies("/move") == []


# -- destroying


async def test_a_purge_names_the_queue_and_the_number_as_they_are_now(forms: Forms) -> None:
    sheet = forms.make(DestroySheet)
    sheet.open_to(make_connection(), "/", Target.MESSAGES, "orders.dead", 3)
    assert sheet.question() == "Purge 3 messages from orders.dead?"
    await until(lambda: sheet.question() == "Purge 17 messages from orders.dead?")
    assert sheet.act.text() == "Purge 17 messages"
    sheet.act.click()
    await settled(sheet)
    assert forms.api.bodies("/destroy") == [Destroy("/", Target.MESSAGES, "orders.dead")]
    assert [notice.title for notice in forms.notices.standing()] == ["Purged 17 messages from orders.dead"]
    assert not sheet.is_open()


async def test_on_production_the_name_is_typed_first(forms: Forms) -> None:
    sheet = forms.make(DestroySheet)
    sheet.open_to(make_connection(environment=PRODUCTION), "/", Target.QUEUE, "orders.dead", 3)
    assert not sheet.act.isEnabled()
    assert "orders.dead" in sheet.act.toolTip()
    sheet.typed_name.line.setText("orders.deed")
    assert not sheet.act.isEnabled()
    assert sheet.typed_name._note.text() == "This is another name."
    sheet.typed_name.line.setText("orders.dead")
    sheet.if_empty.setChecked(True)
    sheet.start_destroying()
    await settled(sheet)
    assert forms.api.bodies("/destroy") == [Destroy("/", Target.QUEUE, "orders.dead", typed_name="orders.dead", if_empty=True)]


async def test_what_was_typed_for_one_queue_does_not_destroy_another(forms: Forms) -> None:
    sheet = forms.make(DestroySheet)
    sheet.open_to(make_connection(environment=PRODUCTION), "/", Target.QUEUE, "a", 3)
    sheet.typed_name.line.setText("a")
    sheet.open_to(make_connection(environment=PRODUCTION), "/", Target.QUEUE, "b", 3)
    assert not sheet.act.isEnabled()


async def test_a_refused_deletion_stands_in_the_form(forms: Forms) -> None:
    sheet = forms.make(DestroySheet)
    sheet.open_to(make_connection(), "/", Target.EXCHANGE, "orders", None)
    forms.api.failures["/destroy"] = make_problem("The exchange is in use", "Unbind it first.")
    sheet.if_unused.setChecked(True)
    sheet.start_destroying()
    await settled(sheet)
    assert sheet.failure() == "The exchange is in use\nUnbind it first."
    assert sheet.is_open()


async def test_a_read_only_connection_offers_no_act_and_says_why(forms: Forms) -> None:
    destroy, move = forms.make(DestroySheet), forms.make(MoveSheet)
    destroy.open_to(make_connection(read_only=True), "/", Target.QUEUE, "q", 3)
    move.open_to(make_connection(read_only=True), "/", "q", redrive=True, count=3)
    for button in (destroy.act, move.act, move.dry_run):
        assert not button.isEnabled()
        assert "read-only" in button.toolTip()
