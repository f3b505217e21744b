"""The tour's steps in the Tasks panel."""

from desktop.core.tasks_states import Chip
from desktop.tour.driver import Driver
from desktop.views.tasks.panel import TasksPanel

WORKER_LIMIT_S = 30.0


async def send(driver: Driver, panel: TasksPanel, name: str, args: str) -> str:
    """Fill the form in and send it; the new task's id."""
    sent: list[str] = []
    connection = panel.form.enqueued.connect(lambda answer: sent.append(answer.id))
    panel.open_form()
    driver.enter(panel.form.name_field.edit, name)
    panel.form.args.set_text(args)
    panel.form.start_send()
    await driver.until(lambda: bool(sent) or bool(panel.form.failure()), f"{name} is enqueued")
    panel.form.enqueued.disconnect(connection)
    assert sent, panel.form.failure()
    return sent[0]


def state_of(panel: TasksPanel, task_id: str) -> str:
    """Answer the state that the detail shows of a task."""
    detail = panel.detail.detail
    return detail.state if detail is not None and detail.id == task_id else ""


async def enqueue_and_watch(driver: Driver) -> None:
    """A task enqueued from the form, seen queued, started, progressing and succeeded, with its result."""
    panel = await driver.open("tasks", TasksPanel)
    await driver.picture("tasks-empty")
    panel.open_form()
    driver.enter(panel.form.name_field.edit, "demo.add")
    panel.form.args.set_text('[2, "three"')
    await driver.until(lambda: bool(panel.form.args.message()), "the broken JSON is explained")
    await driver.picture("enqueue-broken-json")
    added = await send(driver, panel, "demo.add", "[9007199254740993, 1]")
    await driver.until(lambda: state_of(panel, added) == "SUCCESS", "demo.add succeeds", WORKER_LIMIT_S)
    detail = panel.detail.detail
    assert detail is not None, "the task's detail is shown"
    assert detail.result == "9007199254740994", f"the 64-bit sum is exact, not {detail.result}"
    task_id = await send(driver, panel, "demo.progress", "[20]")
    await driver.until(lambda: state_of(panel, task_id) == "PROGRESS", "its progress is seen")
    await driver.picture("task-progress")
    await driver.until(lambda: state_of(panel, task_id) == "SUCCESS", "demo.progress succeeds")
    kinds = [step.kind for step in panel.detail.detail.steps] if panel.detail.detail is not None else []
    for kind in ("task.sent", "task.received", "task.started", "task.progress", "task.succeeded"):
        assert kind in kinds, f"{kind} is among its steps: {kinds}"
    await driver.picture("task-succeeded")


async def read_failure(driver: Driver) -> None:
    """A failing task with its traceback."""
    panel = await driver.open("tasks", TasksPanel)
    task_id = await send(driver, panel, "demo.fail", '["the card was declined"]')
    await driver.until(lambda: state_of(panel, task_id) == "FAILURE", "demo.fail fails")
    detail = panel.detail.detail
    assert detail is not None, "the task's detail is shown"
    assert "the card was declined" in detail.traceback, "its traceback is there"
    await driver.picture("task-failed")


async def run_canvas(driver: Driver) -> None:
    """A chain, a group and a chord, each with all its tasks; retries seen; the failed ones found by their chip."""
    panel = await driver.open("tasks", TasksPanel)
    for name, args in (("demo.chain", "[2]"), ("demo.group", "[3]"), ("demo.chord", "[4]"), ("demo.retry", "[]")):
        task_id = await send(driver, panel, name, args)
        await driver.until(lambda task_id=task_id: state_of(panel, task_id) == "SUCCESS", f"{name} succeeds")  # type: ignore[misc] # a default binds the loop's value
    panel.chips.chosen.emit(Chip.FAILED)
    await driver.until(lambda: panel.feed.model.rowCount() == 1, "the one failed task")
    await driver.picture("tasks-failed-only")
    panel.chips.chosen.emit(Chip.ALL)
    await driver.until(lambda: panel.feed.model.rowCount() > 10, "all tasks")
    await driver.settle(0.5)
    await driver.picture("tasks")
