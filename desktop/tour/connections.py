"""The tour's steps in the Connections panel: a broker added by its URL, tested, and looked at."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from desktop.services.connections import connection_service
from desktop.tour.driver import Driver
from desktop.tour.rabbit_hands import CHARGE, Hands
from desktop.views.connections.panel import ConnectionsPanel
from embedded_server.contracts.connections import EMBEDDED_ID, Environment, LinkState, TestOutcome, TestStep

NAME: Final = "Shop"


async def add_connection(driver: Driver) -> None:
    """The broker's own address added as a second connection: a wrong password told at its step, the right one passes all."""
    panel = await driver.open("connections", ConnectionsPanel)
    editor, service = panel.editor, connection_service(driver.services.api)
    await driver.until(lambda: service.is_known and editor.id == EMBEDDED_ID, "the embedded connection is shown")
    await driver.picture("connections")
    embedded = service.by_id(EMBEDDED_ID)
    assert embedded is not None, "the embedded connection is always there"
    rabbit = embedded.spec.rabbitmq
    assert rabbit is not None, "its address is known"
    driver.act(panel.primary_action())
    driver.enter(editor.url.line, f"amqp://guest:wrong@{rabbit.host}:{rabbit.port}/%2f")
    driver.press(Qt.Key.Key_Return)
    await driver.until(lambda: editor.fields.rabbit.port.text() == str(rabbit.port), "the URL fills the form in")
    driver.enter(editor.fields.name, NAME)
    editor.fields.environment.choose(Environment.PRODUCTION.value)
    editor.fields.rabbit.management_fold.set_open(True)
    driver.enter(editor.fields.rabbit.management_url, rabbit.management_url)
    driver.click(editor.save_and_test)
    failed = await _report(driver, panel, TestStep.LOGIN, TestOutcome.FAILED)
    await driver.picture("connection-refused")
    assert failed, "why it fails is said at that step"
    driver.enter(editor.fields.password, "guest")
    driver.click(editor.save_and_test)
    await _report(driver, panel, TestStep.MANAGEMENT, TestOutcome.PASSED)
    report = editor.tester.reports[editor.id]
    outcomes = {result.step: result.outcome for result in report.results}
    wrong = {step: outcome for step, outcome in outcomes.items() if outcome not in {TestOutcome.PASSED, TestOutcome.SKIPPED}}
    assert not wrong, f"every step passes: {wrong}"
    await driver.picture("connection-tested")
    driver.kept["connection"] = editor.id


async def _report(driver: Driver, panel: ConnectionsPanel, step: TestStep, outcome: TestOutcome) -> str:
    """Wait for the test's end at a step, and answer what its row says is wrong."""
    editor = panel.editor

    def ended() -> bool:
        report = editor.tester.reports.get(editor.id) if editor.id else None
        return report is not None and any(result.step is step and result.outcome is outcome for result in report.results)

    await driver.until(ended, f"the test's step {step} has {outcome}")
    return editor.walk.rows[step].problem.text()


async def choose_connection(driver: Driver) -> None:
    """The second connection chosen in the header: the same queues, through it."""
    hands = await Hands.at(driver)
    wanted = driver.kept["connection"]
    driver.click(driver.window.body.header.picker)
    menu = await driver.popup(QMenu)
    await driver.picture("picker")
    action = next(action for action in menu.actions() if action.data() == wanted)
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    await driver.until(lambda: (now := hands.panel.spot_now()) is not None and now[0].id == wanted, "the panel looks at it")
    hands = await Hands.at(driver)
    assert hands.connection == wanted, "it is the one that was chosen"
    await hands.holds(CHARGE, 2)
    await driver.until(lambda: hands.health() is LinkState.OPEN, "it is connected")
    await driver.picture("second-connection")
