"""The tour's steps at the embedded broker: declaring, publishing, tapping, getting and consuming."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from desktop.core.i18n import tr
from desktop.core.rabbitmq_reads import Read
from desktop.core.rabbitmq_spots import Place
from desktop.tour.driver import Driver
from desktop.tour.rabbit_hands import CHARGE, DEAD, DEAD_EXCHANGE, ORDERS, RECEIPTS, VHOST, Hands
from desktop.views.rabbitmq.declare.bind import BindSheet
from desktop.views.rabbitmq.declare.exchange import DeclareExchangeSheet
from desktop.views.rabbitmq.declare.queue import DeclareQueueSheet
from desktop.views.rabbitmq.publish.sheet import PublishSheet
from desktop.views.rabbitmq.typed_editor import TypedEditor
from embedded_server.contracts.connections import LinkState
from embedded_server.contracts.rabbitmq import FieldType, MessageStatus

KEY: Final = "order.paid"
BODY: Final = '{"order": {"id": 42, "total": "19.90"}, "paid": true}'
DLX: Final = "x-dead-letter-exchange"


async def declare(driver: Driver) -> None:
    """Exchanges, queues and bindings declared in the forms, with a dead letter exchange."""
    hands = await Hands.at(driver)
    await driver.until(lambda: hands.health() is LinkState.OPEN, "the panel says that it is connected")
    await hands.drawn()
    await driver.picture("rabbitmq")
    await _exchange(hands, DEAD_EXCHANGE, "fanout")
    await _queue(hands, DEAD)
    await _bind(hands, DEAD_EXCHANGE, DEAD)
    await _exchange(hands, ORDERS, "topic", picture="declare-exchange")
    await _queue(hands, CHARGE, dead_to=DEAD_EXCHANGE, picture="declare-queue")
    await _queue(hands, RECEIPTS)
    await _bind(hands, ORDERS, CHARGE, "order.#", picture="bind")
    await _bind(hands, ORDERS, RECEIPTS, KEY)
    arguments = (await hands.queue(CHARGE)).arguments
    assert arguments == {DLX: DEAD_EXCHANGE}, f"{CHARGE} has its dead letter exchange: {arguments}"
    bound = {(one.destination, one.routing_key) for one in await hands.service.bindings(hands.connection, VHOST, exchange=ORDERS)}
    assert bound == {(CHARGE, "order.#"), (RECEIPTS, KEY)}, f"both queues are bound: {bound}"


async def publish(driver: Driver) -> None:
    """A message with typed headers published, its route foretold, and confirmed."""
    hands = await Hands.at(driver)
    await hands.look_at(Place.EXCHANGE, ORDERS)
    driver.press(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    sheet = await hands.form(PublishSheet)
    fields = sheet.fields
    assert fields.exchange.text() == ORDERS, "the form is addressed to what is looked at"
    driver.enter(fields.routing_key, "refund.made")
    await driver.until(lambda: (route := fields.route.route()) is not None and route.dropped, "a key that reaches nothing is foretold")
    driver.enter(fields.routing_key, KEY)
    await driver.until(lambda: (route := fields.route.route()) is not None and not route.dropped, "the route is foretold")
    route = fields.route.route()
    assert route is not None, "the route is known"
    assert set(route.queues) == {CHARGE, RECEIPTS}, f"it reaches both queues: {route.queues}"
    assert CHARGE in fields.route.text(), "it says so"
    driver.enter(fields.body_field.editor.edit, BODY)
    driver.enter(fields.properties.line("message_id"), "order-42")
    await _add_header(driver, fields.headers, "x-attempt", FieldType.INTEGER, "1")
    await _add_header(driver, fields.headers, "placed", FieldType.TIMESTAMP, "2026-11-24T08:00:00Z")
    await _add_header(driver, fields.headers, "gift", FieldType.BOOLEAN, "true")
    driver.reveal(fields.headers)
    await driver.picture("publish-form")
    await _send(driver, sheet)
    driver.press(Qt.Key.Key_Escape)
    (row,) = await hands.seen(MessageStatus.CONFIRMED, 1)
    assert row.key == "order-42", f"the message's own id is its key: {row.key}"
    for queue in (CHARGE, RECEIPTS):
        await hands.holds(queue, 1)


async def tap(driver: Driver) -> None:
    """An exchange tapped: the next message is seen as a copy, with its types, and nothing is taken."""
    hands = await Hands.at(driver)
    panel = hands.panel
    await hands.look_at(Place.EXCHANGE, ORDERS)
    await hands.read(Read.TAP, lambda options: options.keys.setText("#"), picture="tap-options")
    button = panel.reads.buttons[Read.TAP]
    await driver.until(lambda: button.running, "the tap runs")
    panel.open_publish()
    sheet = await hands.form(PublishSheet)
    assert sheet.fields.routing_key.text() == KEY, "the form keeps what was typed for this exchange"
    await _send(driver, sheet)
    driver.press(Qt.Key.Key_Escape)
    (row,) = await hands.seen(MessageStatus.TAPPED, 1)
    seen = await hands.open_message(row.seq)
    assert seen.headers.get("x-attempt") == 1, f"an integer stays one: {seen.headers}"
    assert seen.types.get("placed") == FieldType.TIMESTAMP, f"a timestamp stays one: {seen.types}"
    await driver.picture("tapped")
    driver.click(button)
    await driver.until(lambda: not button.running, "the tap ends")
    await hands.holds(CHARGE, 2)


async def take(driver: Driver) -> None:
    """One message looked at with get and put back; then all consumed: the queue is empty, the messages are still here."""
    hands = await Hands.at(driver)
    await hands.look_at(Place.QUEUE, RECEIPTS)
    await hands.read(Read.GET, lambda options: options.count.setValue(1), picture="get-options")
    await hands.seen(MessageStatus.GOT, 1)
    await hands.holds(RECEIPTS, 2)
    await hands.read(Read.CONSUME, lambda options: options.limit.setValue(2), picture="consume-options")
    rows = await hands.seen(MessageStatus.CONSUMED, 2)
    await hands.holds(RECEIPTS, 0)
    seen = await hands.open_message(rows[0].seq)
    assert seen.queue == RECEIPTS, f"where it was is said: {seen.queue}"
    await driver.picture("consumed")


async def find_again(driver: Driver) -> None:
    """After the server was killed the broker is as it was: connected, with its queues, and it takes messages."""
    hands = await Hands.at(driver)
    await driver.until(lambda: hands.health() is LinkState.OPEN, "it is connected again")
    await hands.look_at(Place.QUEUE, CHARGE)
    before = await hands.queue(CHARGE)
    assert before.arguments == {DLX: DEAD_EXCHANGE}, f"the queue is what it was: {before.arguments}"
    hands.panel.open_publish()
    sheet = await hands.form(PublishSheet)
    await _send(driver, sheet)
    driver.press(Qt.Key.Key_Escape)
    await hands.counts((before.ready or 0) + 1)
    await driver.picture("broker-back")


# -- forms


async def _exchange(hands: Hands, name: str, kind: str, picture: str = "") -> None:
    await hands.driver.command(tr("Declare an exchange…"))
    sheet = await hands.form(DeclareExchangeSheet)
    hands.driver.enter(sheet.name, name)
    sheet.type.setCurrentText(kind)
    if picture:
        await hands.driver.picture(picture)
    hands.driver.click(sheet.button)
    await hands.closed(sheet)


async def _queue(hands: Hands, name: str, dead_to: str = "", picture: str = "") -> None:
    await hands.driver.command(tr("Declare a queue…"))
    sheet = await hands.form(DeclareQueueSheet)
    hands.driver.enter(sheet.name, name)
    if dead_to:
        hands.driver.enter(sheet.arguments.field(DLX), dead_to)
    if picture:
        await hands.driver.picture(picture)
    hands.driver.click(sheet.button)
    await hands.closed(sheet)


async def _bind(hands: Hands, exchange: str, queue: str, key: str = "", picture: str = "") -> None:
    await hands.look_at(Place.EXCHANGE, exchange)
    await hands.driver.command(tr("Bind…"))
    sheet = await hands.form(BindSheet)
    assert sheet.source.text() == exchange, "the form begins at what is looked at"
    hands.driver.enter(sheet.destination, queue)
    hands.driver.enter(sheet.routing_key, key)
    if picture:
        await hands.driver.picture(picture)
    hands.driver.click(sheet.button)
    await hands.closed(sheet)


async def _add_header(driver: Driver, editor: TypedEditor, name: str, kind: FieldType, value: str) -> None:
    """Type a header cell by cell, as Tab leads through them."""
    editor.add()
    _type_here(driver, name)
    driver.press(Qt.Key.Key_Tab)
    _type_here(driver, kind.value)
    driver.press(Qt.Key.Key_Tab)
    _type_here(driver, value)
    driver.press(Qt.Key.Key_Return)
    await driver.until(lambda: QApplication.focusWidget() is editor.view, "Enter ends the cell")
    entry = editor.entries()[-1]
    assert (entry.name, entry.type, entry.text) == (name, kind, value), f"the header as typed: {entry}"
    assert not editor.problem(), editor.problem()


def _type_here(driver: Driver, text: str) -> None:
    cell = QApplication.focusWidget()
    if isinstance(cell, QComboBox):
        cell.setCurrentIndex(cell.findData(text))
        cell.activated.emit(cell.currentIndex())
    else:
        assert isinstance(cell, QLineEdit), f"a cell is being edited, not {type(cell).__name__}"
        driver.enter(cell, text)


async def _send(driver: Driver, sheet: PublishSheet) -> None:
    """Publish with ``Ctrl+Enter``, and wait for the broker's word."""
    sheet.fields.body_field.editor.edit.setFocus()
    assert not sheet.outcome(), f"nothing is said of another message: {sheet.outcome()}"
    driver.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await driver.until(lambda: not sheet.is_busy() and bool(sheet.outcome() or sheet.failure()), "the broker answers")
    assert sheet.outcome() == tr("Confirmed by the broker"), sheet.failure() or sheet.outcome()
