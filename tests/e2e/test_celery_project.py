"""An unmodified Celery project, in a folder of its own, on the URL that ``switchroom brokers`` prints."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.broker_processes import EmbeddedBroker

DRIVE_LIMIT_S = 110.0

TASKS = """
import os
import time

from celery import Celery

app = Celery("shop", broker=os.environ["SHOP_BROKER"], backend=os.environ["SHOP_RESULTS"])
app.conf.broker_transport_options = {"confirm_publish": True}
app.conf.broker_connection_retry_on_startup = True
app.conf.task_queue_max_priority = 10


@app.task
def add(x, y):
    return x + y


@app.task
def total(numbers):
    return sum(numbers)


@app.task
def sleep(seconds):
    time.sleep(seconds)
    return "woke"


@app.task
def fail():
    raise ValueError("as it should")


@app.task(bind=True, max_retries=5)
def third_time_lucky(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0.1)
    return self.request.retries


@app.task(bind=True)
def report(self):
    self.update_state(state="PROGRESS", meta={"done": 1})
    return "reported"
"""

DRIVE = """
import datetime
import json
import sys
import threading
import time

from celery import chain, chord, group
from tasks import add, app, fail, report, sleep, third_time_lucky, total

LIMIT = 30


def simple():
    return add.delay(2, 3).get(timeout=LIMIT)


def in_a_chain():
    return chain(add.s(1, 2), add.s(3), add.s(4))().get(timeout=LIMIT)


def in_a_group():
    return group(add.s(n, n) for n in range(10))().get(timeout=LIMIT)


def in_a_chord():
    return chord([add.s(n, n) for n in range(10)])(total.s()).get(timeout=LIMIT)


def countdown():
    begun = time.monotonic()
    result = add.apply_async((1, 1), countdown=1.2).get(timeout=LIMIT)
    return [result, time.monotonic() - begun >= 1.2]


def eta():
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    return add.apply_async((1, 1), eta=at).get(timeout=LIMIT)


def retries():
    return third_time_lucky.delay().get(timeout=LIMIT)


def failure():
    result = fail.delay()
    try:
        result.get(timeout=LIMIT)
    except ValueError as exc:
        return [result.state, str(exc)]


def custom_queue_with_priority():
    app.control.add_consumer("urgent", reply=True, timeout=2)
    return add.apply_async((20, 22), queue="urgent", priority=9).get(timeout=LIMIT)


def big_result():
    return len(add.delay("x" * 3_000_000, "y" * 3_000_000).get(timeout=LIMIT))


def many():
    return sorted(result.get(timeout=LIMIT) for result in [add.delay(n, 0) for n in range(200)])[-1]


def ping():
    return [list(answer.values())[0] for answer in app.control.ping(timeout=3, limit=1)]


def registered():
    (names,) = app.control.inspect(timeout=2).registered().values()
    return sorted(name for name in names if name.startswith("tasks."))


def revoked():
    result = add.apply_async((1, 1), countdown=60)
    time.sleep(0.5)
    result.revoke()
    other = add.apply_async((1, 1), countdown=0.5, task_id=result.id)
    try:
        other.get(timeout=LIMIT)
    except Exception as exc:
        return type(exc).__name__


def terminated():
    result = sleep.delay(60)
    while not any(task["id"] == result.id for tasks in app.control.inspect(timeout=1).active().values() for task in tasks):
        pass
    result.revoke(terminate=True, signal="SIGKILL")
    try:
        result.get(timeout=LIMIT)
    except Exception as exc:
        return type(exc).__name__


def events():
    seen = []
    listening = threading.Event()

    def listen():
        with app.connection_for_read() as connection:
            receiver = app.events.Receiver(connection, handlers={"*": lambda event: note(event)})
            listening.set()
            try:
                receiver.capture(limit=None, timeout=LIMIT, wakeup=False)
            except StopIteration:
                pass

    def note(event):
        seen.append(event)
        if event["type"] == "task-succeeded":
            receiver_done.set()
            raise StopIteration

    receiver_done = threading.Event()
    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    listening.wait(LIMIT)
    time.sleep(0.5)
    task = add.delay(1, 1)
    receiver_done.wait(LIMIT)
    thread.join(5)
    return [event["type"] for event in seen if event.get("uuid") == task.id]


def enqueue_for_later():
    return [add.delay(n, n).id for n in range(50)]


def collect(*ids):
    return [app.AsyncResult(task_id).get(timeout=LIMIT) for task_id in ids]


def each(*names):
    # One that fails does not stop the others.
    outcomes = {}
    for name in names:
        try:
            outcomes[name] = globals()[name]()
        except Exception as exc:
            outcomes[name] = f"{type(exc).__name__}: {exc}"
    return outcomes


print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
"""


class Shop:
    """The project's folder, its worker, and a way to run its scripts."""

    def __init__(self, folder: Path, broker: EmbeddedBroker, results: str | None = None) -> None:
        self.folder = folder
        self.log = folder / "worker.log"
        folder.mkdir(parents=True)
        (folder / "tasks.py").write_text(TASKS)
        (folder / "drive.py").write_text(DRIVE)
        self._environment = {
            **os.environ,
            "SHOP_BROKER": broker.url,
            "SHOP_RESULTS": results or f"db+sqlite:///{folder / 'results.sqlite3'}",
        }
        self._worker: subprocess.Popen[bytes] | None = None

    def start_worker(self) -> None:
        pool = ["-P", "threads"] if sys.platform == "win32" else ["-P", "prefork"]
        with self.log.open("ab") as log:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "tasks", "worker", "-E", "-c", "2", "-l", "INFO", *pool],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=sys.platform != "win32",
            )

    def stop_worker(self) -> None:
        if self._worker is None:
            return
        self._worker.terminate()
        try:
            self._worker.wait(15)
        except subprocess.TimeoutExpired:
            if sys.platform != "win32":
                os.killpg(self._worker.pid, signal.SIGKILL)
            self._worker.kill()
            self._worker.wait(5)

    def drive(self, scenario: str, *arguments: str) -> Any:
        """Run one function of ``drive.py`` and answer what it returned."""
        ended = subprocess.run(
            [sys.executable, "drive.py", scenario, *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=DRIVE_LIMIT_S,
            check=False,
        )
        assert ended.returncode == 0, f"{ended.stderr}\n--- worker\n{self.log.read_text() if self.log.exists() else ''}"
        return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("celery")
    broker = EmbeddedBroker(folder / "data")
    broker.start()
    made = Shop(folder / "shop", broker)
    made.start_worker()
    yield made
    made.stop_worker()
    assert broker.stop() == 0
    assert "Traceback" not in broker.stderr


EXPECTED: dict[str, object] = {
    "simple": 5,
    "in_a_chain": 10,
    "in_a_group": [n + n for n in range(10)],
    "in_a_chord": 90,
    "countdown": [2, True],
    "eta": 2,
    "retries": 2,
    "failure": ["FAILURE", "as it should"],
    "custom_queue_with_priority": 42,
    "big_result": 6_000_000,
    "many": 199,
    "ping": [{"ok": "pong"}],
    "registered": [f"tasks.{name}" for name in ("add", "fail", "report", "sleep", "third_time_lucky", "total")],
    "revoked": "TaskRevokedError",
    "events": ["task-received", "task-started", "task-succeeded"],
}
if sys.platform != "win32":  # a thread cannot be killed
    EXPECTED["terminated"] = "TaskRevokedError"


@pytest.fixture(scope="module")
def outcomes(shop: Shop) -> dict[str, object]:
    """What became of every scenario, run one after the other by one client."""
    found: dict[str, object] = shop.drive("each", *EXPECTED)
    return found


@pytest.mark.parametrize("scenario", EXPECTED)
def test_celery_works(outcomes: dict[str, object], scenario: str) -> None:
    assert outcomes[scenario] == EXPECTED[scenario]


def test_results_may_come_over_the_broker_itself(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "data")
    broker.start()
    shop = Shop(tmp_path / "shop", broker, results="rpc://")
    shop.start_worker()
    try:
        assert shop.drive("simple") == 5
        assert shop.drive("in_a_group") == [n + n for n in range(10)]
    finally:
        shop.stop_worker()
        broker.stop()


def test_confirmed_tasks_run_after_the_broker_was_killed(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "data")
    broker.start()
    shop = Shop(tmp_path / "shop", broker)
    ids = shop.drive("enqueue_for_later")
    broker.kill()
    broker.start()
    shop.start_worker()
    try:
        assert shop.drive("collect", *ids) == [n + n for n in range(50)]
    finally:
        shop.stop_worker()
        broker.stop()


def test_running_worker_finds_a_killed_broker_again(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "data")
    broker.start()
    shop = Shop(tmp_path / "shop", broker)
    shop.start_worker()
    try:
        assert shop.drive("simple") == 5
        broker.kill()
        broker.start()
        ids = shop.drive("enqueue_for_later")
        assert shop.drive("collect", *ids) == [n + n for n in range(50)]
        assert shop.drive("in_a_chord") == 90
    finally:
        shop.stop_worker()
        broker.stop()
