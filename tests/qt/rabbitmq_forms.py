"""Every RabbitMQ form, open and filled in as far as it can be."""

from collections.abc import Callable
from typing import Final

from desktop.core.rabbitmq_declare import BindDraft, QueueDraft
from desktop.core.rabbitmq_draft import Draft
from desktop.core.rabbitmq_typed import Entry
from desktop.views.rabbitmq.declare.bind import BindSheet
from desktop.views.rabbitmq.declare.exchange import DeclareExchangeSheet
from desktop.views.rabbitmq.declare.queue import DeclareQueueSheet
from desktop.views.rabbitmq.destroy.sheet import DestroySheet
from desktop.views.rabbitmq.move.sheet import MoveSheet
from desktop.views.rabbitmq.publish.sheet import PublishSheet
from desktop.views.widgets.connection_sheet import ConnectionSheet
from embedded_server.contracts.connections import Environment
from embedded_server.contracts.rabbitmq import FieldType, Target
from tests.qt.rabbitmq_form_fakes import Bench, make_connection

ROWS = (Entry("n", FieldType.INTEGER, "1"),)
PRODUCTION = make_connection(environment=Environment.PRODUCTION)


def publish(bench: Bench) -> ConnectionSheet:
    sheet = PublishSheet(bench.host, bench.service, bench.notices)
    sheet.show_draft(Draft("orders", "k", text='"{{uuid}}"', headers=ROWS, repeat=True))
    sheet.open_to(PRODUCTION, "/")
    sheet.fields.properties.more.set_open(True)
    return sheet


def declare_queue(bench: Bench) -> ConnectionSheet:
    sheet = DeclareQueueSheet(bench.host, bench.service, bench.notices)
    sheet.show_draft(QueueDraft("q", others=ROWS))
    sheet.open_to(PRODUCTION, "/")
    sheet.arguments.more.set_open(True)
    return sheet


def declare_exchange(bench: Bench) -> ConnectionSheet:
    sheet = DeclareExchangeSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, "/")
    return sheet


def bind(bench: Bench) -> ConnectionSheet:
    sheet = BindSheet(bench.host, bench.service, bench.notices)
    sheet.show_draft(BindDraft("by-header", "q", arguments=ROWS))
    sheet.open_to(PRODUCTION, "/")
    return sheet


def move(bench: Bench) -> ConnectionSheet:
    sheet = MoveSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, "/", "orders.dead", redrive=False, count=17)
    return sheet


def redrive(bench: Bench) -> ConnectionSheet:
    sheet = MoveSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, "/", "orders.dead", redrive=True, count=17)
    return sheet


def destroy(bench: Bench) -> ConnectionSheet:
    sheet = DestroySheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, "/", Target.QUEUE, "orders.dead", 17)
    return sheet


FORMS: Final[tuple[Callable[[Bench], ConnectionSheet], ...]] = (publish, declare_queue, declare_exchange, bind, move, redrive, destroy)
