"""Sends tasks and control commands to any Celery on the broker. It needs no code of theirs, and no result back end."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from embedded_server.contracts.events import Event, Join, Kind
from embedded_server.contracts.tasks import TaskState
from embedded_server.journal.preview import preview_of
from embedded_server.tasks.environment import QUEUE, task_queue
from embedded_server.tasks.ingest import EMBEDDED
from embedded_server.tasks.lane import ANSWER_TIMEOUT_S, BrokerLane, address_of
from embedded_server.tasks.problems import NotConfirmed
from embedded_server.tasks.wire import kombu, mailbox

REPR_CHARS: Final = 1000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A task ready to be sent: everything checked."""

    id: str
    name: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    queue: str = QUEUE
    countdown: float | None = None
    eta: datetime | None = None
    priority: int | None = None
    body: bytes = field(default=b"", compare=False)
    """The arguments as JSON."""


def encode_arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bytes:
    """Write the arguments as JSON, numbers as they are; raises ValueError and RecursionError where JSON cannot say them."""
    return json.dumps({"args": args, "kwargs": kwargs}, allow_nan=False, ensure_ascii=False).encode("utf-8", "surrogatepass")


def sent_event(task: Outgoing) -> Event:
    """Make the journal event of a task sent from here. Its body is the arguments, whole; its headers are what Celery's event tells."""
    from celery.utils.saferepr import saferepr

    args, kwargs = saferepr(tuple(task.args), maxlen=REPR_CHARS), saferepr(dict(task.kwargs), maxlen=REPR_CHARS)
    headers = {"args": args, "kwargs": kwargs, "queue": task.queue, "retries": 0, "eta": _eta_text(task), "priority": task.priority}
    shown = args if not task.kwargs else f"{args} {kwargs}"
    return Event(
        at=time.time_ns(),
        connection=EMBEDDED,
        kind=Kind.TASK_SENT,
        subject=task.name,
        key=task.id,
        trace=task.id,
        joined=Join.CELERY_ROOT,
        status=TaskState.PENDING.value,
        size=len(task.body),
        preview=preview_of(shown.encode("utf-8", "backslashreplace")),
        headers=json.dumps(headers).encode(),
        body=task.body,
    )


class CeleryClient:
    """One lane to publish, one to ask workers: a question that waits for slow workers holds up no task."""

    def __init__(self, amqp_url: Callable[[], str]) -> None:
        self._amqp_url = amqp_url
        self._publishing = BrokerLane("tasks-publish", amqp_url)
        self._control = BrokerLane("tasks-control", amqp_url)
        self._celery: Any = None

    async def send(self, task: Outgoing) -> None:
        """Publish; returns once the broker has confirmed. Raises `BrokerUnreachable`, `BrokerRefused` or `NotConfirmed`."""
        await self._publishing.run(lambda connection: self._send_blocking(connection, task), size=len(task.body))

    async def broadcast(
        self, command: str, arguments: Mapping[str, Any] | None = None, *, limit: int, timeout_s: float = 1.0
    ) -> dict[str, Any]:
        """Send a control command; answer what each worker replied, by its name, once *limit* have or *timeout_s* has passed."""

        def ask_blocking(connection: Any) -> dict[str, Any]:
            connection.channel().close()  # a round trip first: a connection that broke unnoticed shows here
            replies = mailbox(connection).multi_call(command, dict(arguments or {}), timeout=timeout_s, limit=limit or None)
            return {name: answer for reply in replies or [] for name, answer in reply.items()}

        return await self._control.run(ask_blocking)

    async def close(self) -> None:
        """Close both connections. May be called twice."""
        await self._publishing.close()
        await self._control.close()

    # -- on the threads

    def _app(self) -> Any:
        if self._celery is None:
            from celery import Celery

            app = Celery("switchroom-client", set_as_current=False)
            app.conf.update(task_serializer="json", accept_content=["json"], task_send_sent_event=True, task_queues=[task_queue()])
            app.conf.update(task_default_queue=QUEUE, event_serializer="json", enable_utc=True, timezone="UTC", result_backend=None)
            self._celery = app
        return self._celery

    def _send_blocking(self, connection: Any, task: Outgoing) -> None:
        from kombu.exceptions import OperationalError

        _declare_blocking(connection, task.queue)  # a round trip before the task: a connection that broke unnoticed shows here
        options: dict[str, Any] = {"countdown": task.countdown, "eta": task.eta, "priority": task.priority}
        try:
            self._app().send_task(
                task.name,
                args=list(task.args),
                kwargs=dict(task.kwargs),
                task_id=task.id,
                producer=connection.Producer(serializer="json"),
                queue=kombu().Queue(task.queue, routing_key=task.queue, no_declare=True),
                declare=[],
                retry=False,
                confirm_timeout=ANSWER_TIMEOUT_S + len(task.body) / 4e6,
                **{name: value for name, value in options.items() if value is not None},
            )
        except (OSError, OperationalError) as exc:
            raise NotConfirmed(address=address_of(self._amqp_url()), id=task.id) from exc


def _declare_blocking(connection: Any, queue: str) -> None:
    """Make sure *queue* exists: ours as we declare it, another as it is, a missing one as Celery itself would make it."""
    if queue == QUEUE:
        task_queue()(connection.default_channel).declare()
        return
    from amqp.exceptions import NotFound

    with connection.channel() as channel:  # a channel of its own: the broker closes it when the queue is missing
        try:
            channel.queue_declare(queue, passive=True)
        except NotFound:
            pass
        else:
            return
    with connection.channel() as channel:
        channel.queue_declare(queue, durable=True, auto_delete=False)


def _eta_text(task: Outgoing) -> str | None:
    from datetime import UTC, timedelta

    if task.eta is not None:
        return task.eta.isoformat()
    if task.countdown is not None:
        return (datetime.now(UTC) + timedelta(seconds=task.countdown)).isoformat()
    return None
