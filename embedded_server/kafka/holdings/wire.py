"""Requests of Kafka's protocol on a connection's admin client, side by side where several brokers are asked.

kafka-python's own admin calls ask one broker after the other, turn errors into text, or break on older brokers; so what is asked here is
asked with its schema classes. The only module here that knows its inner parts.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from kafka import KafkaAdminClient, errors
from kafka.protocol.metadata import FindCoordinatorRequest, MetadataRequest

from embedded_server.kafka.clients.manager import ConnectFailed

T = TypeVar("T")

SETTLING_S: Final = 5.0
"""So long a cluster may take to find a coordinator or a leader, before that is said to be a failure."""
PAUSE_S: Final = 0.1
SETTLING: Final = (
    errors.NotCoordinatorError,
    errors.CoordinatorNotAvailableError,
    errors.CoordinatorLoadInProgressError,
    errors.NotLeaderForPartitionError,
    errors.LeaderNotAvailableError,
    errors.NotControllerError,
)
"""What a cluster answers while it is finding out who leads."""
_NO_ANSWER: Final = (errors.KafkaConnectionError, errors.NodeNotReadyError)
_NEVER_SENT: Final = (ConnectFailed, errors.NodeNotReadyError)

Question = tuple[int | None, Any]
"""Which broker is asked, None for any, and the request."""


class Wire:
    """One admin client, for a thread's use. Everything here blocks."""

    def __init__(self, admin: KafkaAdminClient) -> None:
        self._manager = admin._manager  # noqa: SLF001 - no public way sends a request of one's own

    @property
    def version(self) -> tuple[int, ...]:
        """The lowest version of Kafka that speaks what this broker speaks."""
        found: tuple[int, ...] = self._manager.broker_version
        return found

    def offers(self, request: Any, version: int = 0) -> int:
        """Answer the version in which *request* (a class) can be sent, -1 where the broker has none from *version* on."""
        try:
            found: int = self._manager.broker_version_data.api_version(request, min_version=version)
        except errors.IncompatibleBrokerVersion:
            return -1
        return found

    def ask(self, request: Any, node: int | None = None) -> Any:
        """Answer a broker's response. Raises what kafka-python raises."""
        return self.ask_all([(node, request)])[0]

    def ask_all(self, questions: Sequence[Question]) -> list[Any]:
        """Answer the responses, in the order of the questions; all are asked at once. Raises the first failure."""
        for found in (answers := self.ask_each(questions)):
            if isinstance(found, BaseException):
                raise found
        return answers

    def ask_each(self, questions: Sequence[Question]) -> list[Any]:
        """Answer the responses, with the failure in place of those that failed."""
        self._know({node for node, _ in questions if node is not None})
        answers: list[Any] = self._manager.run(self._send, questions)
        return answers

    def brokers(self) -> list[int]:
        """Answer the ids of the brokers that are up."""
        return sorted(broker.node_id for broker in self._manager.cluster.brokers() if isinstance(broker.node_id, int))

    def metadata(self, topics: Iterable[str] | None = None) -> Any:
        """Answer a MetadataResponse, of all topics or of these; a topic that is not there is not created (Metadata, api key 3)."""
        named = None if topics is None else [MetadataRequest.MetadataRequestTopic(name=name) for name in topics]
        return self.ask(MetadataRequest(topics=named, allow_auto_topic_creation=False))

    def controller(self) -> int:
        """Answer the id of the broker that takes changes. Raises `NotControllerError` while there is none."""
        found: int = self.metadata([]).controller_id
        if found < 0:
            raise errors.NotControllerError("the cluster has no controller")
        return found

    def ask_controller(self, request: Any) -> Any:
        """Answer the response of the broker that takes changes. Raises `NotControllerError` where another one is to be found first.

        That is so, too, where it cannot be reached and others can: with KRaft any broker is named, also one that has just died.
        """
        try:
            return self.ask(request, self.controller())
        except _NEVER_SENT as exc:
            if not self._manager.is_connected:
                raise
            raise errors.NotControllerError(str(exc)) from exc

    def coordinators(self, keys: Sequence[str]) -> dict[int, list[str]]:
        """Answer which broker coordinates which of these groups (FindCoordinator, api key 10)."""
        if not keys:
            return {}
        if self.offers(FindCoordinatorRequest, 4) >= 0:
            response = self.ask(FindCoordinatorRequest(key_type=0, coordinator_keys=list(keys), min_version=4))
            found = [(one.key, one) for one in response.coordinators]
        else:
            asked = [(None, FindCoordinatorRequest(key=key, key_type=0, max_version=3)) for key in keys]
            found = list(zip(keys, self.ask_all(asked), strict=True))
        by_node: dict[int, list[str]] = defaultdict(list)
        for key, one in found:
            raise_for(one.error_code, getattr(one, "error_message", None))
            by_node[one.node_id].append(key)
        return by_node

    async def _send(self, questions: Sequence[Question]) -> list[Any]:
        """Send all before the first answer is waited for; runs on the client's own loop."""
        sent = [self._send_one(*question) for question in questions]
        answers: list[Any] = []
        for (node, request), future in zip(questions, sent, strict=True):
            try:
                answers.append(await future)
            except _NO_ANSWER as exc:
                answers.append(exc if node is not None or not self._manager.is_connected else await self._ask_another(request))
            except Exception as exc:  # noqa: BLE001 - handed on in its place
                answers.append(exc)
        return answers

    async def _ask_another(self, request: Any) -> Any:
        """Ask once more what any broker may be asked: the one that was is not there."""
        try:
            return await self._send_one(None, request)
        except Exception as exc:  # noqa: BLE001 - handed on as the others are
            return exc

    def _send_one(self, node: int | None, request: Any) -> Any:
        return self._manager.send(request, node_id=self._manager.any_open() if node is None else node)

    def _know(self, nodes: set[int]) -> None:
        """Let the client learn of brokers that have come since it last looked."""
        cluster = self._manager.cluster
        if any(cluster.broker_metadata(node) is None for node in nodes):
            self._manager.run(cluster.refresh_metadata, self._manager.least_loaded_node())


def raise_for(code: int, message: str | None = None) -> None:
    """Raise the error that *code* stands for, with the broker's own words; nothing for 0."""
    if code:
        raise errors.for_code(code)(message or "")


def settled(call: Callable[[], T], limit_s: float = SETTLING_S) -> T:
    """Answer what *call* answers; it is tried again while the cluster is finding out who leads."""
    until = time.monotonic() + limit_s
    while True:
        try:
            return call()
        except SETTLING:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE_S)
