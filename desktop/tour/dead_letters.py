"""The tour's steps for what goes wrong with messages, and for the picture of where they go."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.core.i18n import tr
from desktop.core.rabbitmq_deaths import deaths_of
from desktop.core.rabbitmq_graph import Tie, exchange_key, queue_key
from desktop.core.rabbitmq_reads import Read
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.tour.driver import Driver
from desktop.tour.rabbit_hands import CHARGE, DEAD, DEAD_EXCHANGE, ORDERS, RECEIPTS, VHOST, Hands
from desktop.views.rabbitmq.destroy.sheet import DestroySheet
from desktop.views.rabbitmq.middle import FILLED, SHARED
from desktop.views.rabbitmq.move.sheet import MoveSheet
from desktop.views.rabbitmq.read_options import ReadOptions
from desktop.views.rabbitmq.topology.lines import rect_of
from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.rabbitmq import GetMode, MessageStatus


async def dead_letter(driver: Driver) -> None:
    """Two messages rejected: they wait among the dead letters, which say where and why they died."""
    hands = await Hands.at(driver)
    await hands.look_at(Place.QUEUE, CHARGE)

    def reject(options: ReadOptions) -> None:
        options.count.setValue(2)
        options.mode.setCurrentIndex(options.mode.findData(GetMode.REJECT.value))

    await hands.read(Read.GET, reject, picture="reject-options")
    await hands.comes_to(DEAD, 2)
    await hands.holds(CHARGE, 0)
    driver.dismiss_notices()
    await hands.look_at(Place.QUEUE, DEAD)
    await hands.read(Read.GET, lambda options: options.count.setValue(1))
    (row,) = await hands.seen(MessageStatus.GOT, 1)
    driver.dismiss_notices()
    seen = await hands.open_message(row.seq)
    deaths = [(death.queue, death.reason) for death in deaths_of(seen.headers)]
    assert deaths == [(CHARGE, "rejected")], f"its death is told: {deaths}"
    assert hands.panel.detail.sections.deaths.isVisible(), "it is shown"
    await driver.picture("dead-letter")


async def redrive(driver: Driver) -> None:
    """The dead letters counted by a dry run, then sent back to where they died."""
    hands = await Hands.at(driver)
    head = hands.panel.head
    await hands.look_at(Place.QUEUE, DEAD)
    await driver.until(head.redrive.isVisible, "a queue of dead letters offers to redrive them")
    driver.click(head.redrive)
    sheet = await hands.form(MoveSheet)
    driver.click(sheet.dry_run)
    await driver.until(lambda: sheet.is_counted() or bool(sheet.failure()), "the dry run has counted")
    assert not sheet.failure(), sheet.failure()
    targets = sheet.found.table.small_model.rows()
    assert [(CHARGE in target, count) for target, count in targets] == [(True, 2)], f"two would go back to {CHARGE}: {targets}"
    await hands.holds(DEAD, 2)
    driver.reveal(sheet.found)
    await driver.picture("redrive-dry-run")
    driver.click(sheet.act)
    job = sheet.follower
    await driver.until(lambda: job.job is not None and not job.job.dry_run and job.job.state.is_over, "they are sent back")
    assert job.job is not None, "the job is known"
    assert job.job.state is JobState.DONE, f"the redrive is {job.job.state}"
    await hands.holds(CHARGE, 2)
    await hands.holds(DEAD, 0)
    await driver.picture("redriven")
    driver.press(Qt.Key.Key_Escape)
    await hands.closed(sheet)


async def see_topology(driver: Driver) -> None:
    """The picture of exchanges, queues and what is bound to what; a click on a queue leads to it."""
    hands = await Hands.at(driver)
    panel = hands.panel
    await hands.look_at(Place.EXCHANGE, ORDERS)
    panel.middle.set_mode(FILLED)
    picture = await hands.drawn()
    wanted = {
        (exchange_key(ORDERS), queue_key(CHARGE), Tie.BINDING),
        (exchange_key(ORDERS), queue_key(RECEIPTS), Tie.BINDING),
        (queue_key(CHARGE), exchange_key(DEAD_EXCHANGE), Tie.DEAD),
        (exchange_key(DEAD_EXCHANGE), queue_key(DEAD), Tie.BINDING),
    }
    await driver.until(lambda: wanted <= {(edge.source, edge.target, edge.tie) for edge in picture.canvas.graph.edges}, "all is drawn")
    await driver.picture("topology")
    canvas, box = picture.canvas, picture.canvas.layout_now.boxes[queue_key(DEAD)]
    at = canvas.camera.to_screen(rect_of(box).center()).toPoint()
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at)
    await driver.until(lambda: panel.spot == Spot(Place.QUEUE, VHOST, DEAD), "the queue that was clicked is looked at")
    panel.middle.set_mode(SHARED)
    await driver.picture("topology-shared")


async def purge(driver: Driver) -> None:
    """A queue of the production connection purged: only once its name is typed."""
    hands = await Hands.at(driver)
    await hands.look_at(Place.QUEUE, CHARGE)
    await driver.command(tr("Purge the chosen queue…"))
    sheet = await hands.form(DestroySheet)
    await driver.until(lambda: "2" in sheet.question() and CHARGE in sheet.question(), "the question names queue and number")
    assert not sheet.act.isEnabled(), "nothing is purged before the name is typed"
    driver.enter(sheet.typed_name.line, CHARGE[:-1])
    assert not sheet.act.isEnabled(), "half a name is none"
    driver.enter(sheet.typed_name.line, CHARGE)
    await driver.picture("purge")
    driver.click(sheet.act)
    await hands.closed(sheet)
    await hands.holds(CHARGE, 0)
    await hands.counts(0)
