"""Every Kafka form, open and filled in as far as it can be."""

from collections.abc import Callable
from typing import Final

from desktop.core.kafka_configs import ConfigDraft
from desktop.core.kafka_content import ContentDraft, Kind
from desktop.core.kafka_draft import Draft, HeaderDraft
from desktop.core.kafka_topic import CreateDraft
from desktop.core.repeat import Repeat
from desktop.views.kafka.copy.sheet import CopySheet
from desktop.views.kafka.groups.destroy import DestroyGroupSheet
from desktop.views.kafka.groups.reset import ResetSheet
from desktop.views.kafka.produce.sheet import ProduceSheet
from desktop.views.kafka.schemas.sheet import SchemasSheet
from desktop.views.kafka.topics.alter import AlterTopicSheet
from desktop.views.kafka.topics.create import CreateTopicSheet
from desktop.views.kafka.topics.destroy import DestroyTopicSheet
from desktop.views.widgets.connection_sheet import ConnectionSheet
from embedded_server.contracts.connections import Environment
from tests.qt.kafka_form_fakes import DETAIL, Bench, make_connection, make_group

PRODUCTION = make_connection(environment=Environment.PRODUCTION)


def produce(bench: Bench) -> ConnectionSheet:
    sheet = ProduceSheet(bench.host, bench.service, bench.notices)
    value = ContentDraft(Kind.PROTOBUF, '{"id": "{{uuid}}"}', subject="orders-value")
    headers = (HeaderDraft("a", "1"), HeaderDraft("b", "2"))
    sheet.show_draft(Draft("orders", key=ContentDraft(Kind.TEXT, "k"), value=value, headers=headers, repeat=Repeat(on=True)))
    sheet.open_to(PRODUCTION)
    return sheet


def create(bench: Bench) -> ConnectionSheet:
    sheet = CreateTopicSheet(bench.host, bench.service, bench.notices)
    sheet.show_draft(CreateDraft("orders", others=(ConfigDraft("segment.bytes", "1"), ConfigDraft("x", "2"))))
    sheet.open_to(PRODUCTION)
    return sheet


def alter(bench: Bench) -> ConnectionSheet:
    sheet = AlterTopicSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, DETAIL)
    sheet.partitions.setText("6")
    sheet.partitions.textEdited.emit("6")
    return sheet


def purge(bench: Bench) -> ConnectionSheet:
    sheet = DestroyTopicSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, "orders", 17, purge=True)
    sheet.way.choose("offsets")
    return sheet


def copy(bench: Bench) -> ConnectionSheet:
    sheet = CopySheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, "orders")
    sheet.fields.topic.setText("copy")
    return sheet


def reset(bench: Bench) -> ConnectionSheet:
    sheet = ResetSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, make_group(members=0, state="Empty"))
    sheet.fields.to.choose("shift")
    return sheet


def delete_group(bench: Bench) -> ConnectionSheet:
    sheet = DestroyGroupSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, make_group(members=0, state="Empty"))
    return sheet


def schemas(bench: Bench) -> ConnectionSheet:
    sheet = SchemasSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION)
    return sheet


FORMS: Final[tuple[Callable[[Bench], ConnectionSheet], ...]] = (produce, create, alter, purge, copy, reset, delete_group, schemas)
