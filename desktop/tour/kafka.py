"""The tour's steps at the embedded Kafka broker: a topic created, produced to, tailed and searched, and a group's offsets set back."""

import asyncio
import subprocess
import sys
from typing import Final, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.core.i18n import tr
from desktop.core.kafka_content import Kind
from desktop.core.kafka_reads import Read
from desktop.core.kafka_spots import Place, Spot
from desktop.services.kafka import kafka_service
from desktop.tour.driver import Driver
from desktop.views.kafka.groups.reset import ResetSheet
from desktop.views.kafka.head import Tab
from desktop.views.kafka.panel import KafkaPanel
from desktop.views.kafka.produce.sheet import ProduceSheet
from desktop.views.kafka.topics.create import CreateTopicSheet
from desktop.views.kafka.topics.destroy import DestroyTopicSheet
from desktop.views.widgets.connection_sheet import ConnectionSheet
from embedded_server.contracts.connections import Connection

TOPIC: Final = "tour.orders"
GROUP: Final = "tour.billing"
RECORDS: Final = 12
ALL: Final = RECORDS + 1
"""With the tombstone."""
CONSUMED: Final = 7
"""By the group: the rest is its lag."""
VALUE: Final = '{"order": {"id": 90071992547409931, "total": "19.90"}}'
CONSUMER: Final = """
import itertools, sys
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
bootstrap, topic, group, count = sys.argv[1:]
consumer = KafkaConsumer(
    topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False
)
read = dict.fromkeys(consumer.partitions_for_topic(topic), 0)
for record in itertools.islice(consumer, int(count)):
    read[record.partition] = record.offset + 1
consumer.commit({TopicPartition(topic, number): OffsetAndMetadata(offset, "", -1) for number, offset in read.items()})
consumer.close()
"""
SheetT = TypeVar("SheetT", bound=ConnectionSheet)


async def create_topic(driver: Driver) -> None:
    """A Kafka topic created in its form, and looked at."""
    panel = await _open(driver)
    await driver.picture("kafka")
    driver.click(panel.list.top.new_button)
    sheet = await _form(driver, panel, CreateTopicSheet)
    driver.enter(sheet.name, TOPIC)
    driver.enter(sheet.partitions, "3")
    await driver.picture("create-topic")
    driver.click(sheet.create_button)
    await driver.until(lambda: panel.spot == Spot(Place.TOPIC, TOPIC), "the new topic is looked at")
    driver.press(Qt.Key.Key_Escape)
    await driver.until(
        lambda: len(panel.pages.partitions.rows()) == 3 or panel.head.figures.texts().get("Partitions") == "3", "3 partitions"
    )


async def produce_and_tail(driver: Driver) -> None:
    """A live tail that joins no group shows what is produced, with key and value, as it comes."""
    panel = await _open(driver)
    panel.head.choose_tab(Tab.MESSAGES)
    driver.click(panel.reads.buttons[Read.TAIL])
    await driver.until(lambda: panel.reads.buttons[Read.TAIL].running, "the tail runs")
    driver.press(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    sheet = await _form(driver, panel, ProduceSheet)
    fields = sheet.fields
    assert fields.topic.text() == TOPIC, "the form is addressed to what is looked at"
    fields.key.choose_kind(Kind.TEXT)
    driver.enter(fields.key.editor.edit, "order-{{n}}")
    driver.enter(fields.value.editor.edit, VALUE)
    fields.repeat.switch.setChecked(True)
    driver.enter(fields.repeat.count, str(RECORDS))
    await driver.picture("produce-form")
    driver.click(sheet.produce)
    await driver.until(lambda: panel.feed.model.rowCount() == RECORDS, f"the tail shows {RECORDS} records")
    driver.press(Qt.Key.Key_Escape)
    await driver.until(lambda: not sheet.is_open(), "Esc closes the form")
    QTest.mouseClick(panel.feed.table.viewport(), Qt.MouseButton.LeftButton, pos=panel.feed.table.viewport().rect().center())
    await driver.until(lambda: panel.detail.seen is not None, "a record is beside the table")
    seen = panel.detail.seen
    assert seen is not None, "the record is known"
    assert seen.topic == TOPIC, f"it is the topic's: {seen.place}"
    await driver.picture("tail")
    driver.click(panel.reads.buttons[Read.TAIL])
    await driver.until(lambda: not panel.reads.buttons[Read.TAIL].running, "the tail is stopped")


async def bury_key(driver: Driver) -> None:
    """A tombstone with a header: a null value, which is not an empty one, and the form says what it means."""
    panel = await _open(driver)
    driver.press(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    sheet = await _form(driver, panel, ProduceSheet)
    fields = sheet.fields
    driver.enter(fields.key.editor.edit, "order-1")
    fields.value.choose_kind(Kind.NULL)
    fields.repeat.switch.setChecked(False)
    driver.click(fields.headers.add)
    row = fields.headers.rows()[-1]
    driver.enter(row.name, "reason")
    driver.enter(row.value, "cancelled")
    await driver.until(lambda: not fields.tombstone.isHidden(), "the form says that this is a tombstone")
    await driver.picture("tombstone")
    driver.click(sheet.produce)
    await driver.until(lambda: bool(sheet.outcome()), "the form says where it is")
    driver.press(Qt.Key.Key_Escape)
    service, connection = kafka_service(driver.services.api), _connection(panel)

    async def held() -> int | None:
        return (await service.topic(connection.id, TOPIC)).topic.messages

    assert await held() == ALL, "the tombstone is a record like the others"


async def search_topic(driver: Driver) -> None:
    """The whole topic searched for one record: how much was looked at, and what was found."""
    panel = await _open(driver)
    panel.feed.close_detail()
    driver.click(panel.reads.buttons[Read.SEARCH])
    driver.enter(panel.search.line, "order-11")
    driver.press(Qt.Key.Key_Return)
    await driver.until(lambda: panel.search.job is not None and panel.search.job.state.is_over, "the search ends")
    job = panel.search.job
    assert job is not None, "the search is known"
    assert (job.done, job.counts["hits"]) == (ALL, 1), f"every record was looked at, one has it: {panel.search.words.text()}"
    await driver.until(lambda: panel.feed.model.rowCount() == 1, "the hit is listed")
    await driver.picture("search-topic")
    driver.press(Qt.Key.Key_Escape)


async def reset_group(driver: Driver) -> None:
    """A group's lag over time, and its offsets set back with before and after."""
    panel = await _open(driver)
    connection = _connection(panel)
    settings = connection.spec.kafka
    assert settings is not None, "the embedded broker speaks Kafka"
    await asyncio.to_thread(_consume_blocking, settings.bootstrap)
    panel.list.choose(Spot(Place.GROUP, GROUP))
    page = panel.group_page
    await driver.until(lambda: page.detail is not None and page.detail.group.lag == ALL - CONSUMED, "the group is behind")
    await driver.until(lambda: len(page.lag.chart.points()) > 2, "its lag is drawn over time")
    await driver.picture("group")
    driver.click(page.head.reset)
    sheet = await _form(driver, panel, ResetSheet)
    driver.click(sheet.dry_run)
    await driver.until(sheet.act.isEnabled, "before and after are shown")
    await driver.picture("reset")
    driver.click(sheet.act)
    service = kafka_service(driver.services.api)

    await driver.until(lambda: not sheet.is_busy(), "the offsets are set")
    detail = await service.group(connection.id, GROUP)
    assert sum(one.lag or 0 for one in detail.offsets) == ALL, "the group will read all of them again"
    driver.press(Qt.Key.Key_Escape)


async def delete_topic(driver: Driver) -> None:
    """A topic deleted, once the window has said which, and how many records go with it."""
    panel = await _open(driver)
    panel.list.choose(Spot(Place.TOPIC, TOPIC))
    await driver.until(lambda: panel.spot == Spot(Place.TOPIC, TOPIC), "the topic is looked at")
    await driver.command(tr("Delete the chosen topic…"))
    sheet = await _form(driver, panel, DestroyTopicSheet)
    await driver.until(lambda: sheet.act.isEnabled() and str(ALL) in sheet.question(), "it says how many records go")
    assert TOPIC in sheet.question(), "it names what goes"
    await driver.picture("delete-topic")
    driver.click(sheet.act)
    service, connection = kafka_service(driver.services.api), _connection(panel)
    await driver.until(lambda: not sheet.is_open(), "the form closes")
    assert (await service.topics(connection.id)).total == 0, "the topic is gone"


def _consume_blocking(bootstrap: str) -> None:
    """Read the topic once with a group, in a program of its own as a user's would be, and commit."""
    done = subprocess.run(
        [sys.executable, "-c", CONSUMER, bootstrap, TOPIC, GROUP, str(CONSUMED)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def _connection(panel: KafkaPanel) -> Connection:
    now = panel.now()
    assert now is not None, "the panel looks at a connection"
    return now[0]


async def _open(driver: Driver) -> KafkaPanel:
    panel = await driver.open("kafka", KafkaPanel)
    await driver.until(lambda: not panel.is_message_shown() and panel.topics.pages.is_known, "the cluster answers")
    return panel


async def _form(driver: Driver, panel: KafkaPanel, kind: type[SheetT]) -> SheetT:
    await driver.until(lambda: any(one.is_open() for one in panel.findChildren(kind)), f"the form {kind.__name__} opens")
    return next(one for one in panel.findChildren(kind) if one.is_open())
