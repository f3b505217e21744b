"""The requests of transactional producers, and of those who look at them; on the wire and off it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.transactions.transaction import (
    NO_EPOCH,
    NO_PRODUCER,
    OVER,
    Partition,
    State,
    Transaction,
    TransactionFault,
)
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker
    from embedded_server.brokers.kafka.coordinators import Coordinators

FENCED_TOLD_FROM: Final = {
    ApiKey.INIT_PRODUCER_ID: 4,
    ApiKey.ADD_PARTITIONS_TO_TXN: 2,
    ApiKey.ADD_OFFSETS_TO_TXN: 2,
    ApiKey.END_TXN: 2,
}
"""Before these versions a fenced producer is told INVALID_PRODUCER_EPOCH, the error it knows (KIP-588)."""


class TransactionHandlers:
    """Hands requests to the transactions' coordinator and words its answers."""

    def __init__(self, broker: "Broker", coordinators: "Coordinators") -> None:
        self._broker = broker
        self._coordinators = coordinators

    def init_producer_id(self, request: Request) -> Answer:
        """Give a producer its id and epoch."""
        body = request.body
        given = (body.producer_id, body.producer_epoch)
        transactions = self._coordinators.transactions
        try:
            if (given[0] == NO_PRODUCER) != (given[1] == NO_EPOCH):
                return {"error_code": ErrorCode.INVALID_REQUEST, "producer_id": -1, "producer_epoch": -1}
            if body.transactional_id is None:
                producer_id, epoch = transactions.new_producer()
            else:
                expected = None if given == (NO_PRODUCER, NO_EPOCH) else given
                producer_id, epoch = transactions.init_producer(body.transactional_id, body.transaction_timeout_ms, expected)
        except TransactionFault as fault:
            return {"error_code": _told(request, fault), "producer_id": -1, "producer_epoch": -1}
        return {"error_code": ErrorCode.NONE, "producer_id": producer_id, "producer_epoch": epoch}

    def add_partitions(self, request: Request) -> Answer:
        """Let a producer write into more partitions; all of them or none."""
        body = request.body
        partitions = [(topic.name, number) for topic in body.v3_and_below_topics for number in topic.partitions]
        missing = {one for one in partitions if self._broker.partition(*one) is None}
        if missing:
            errors = {
                one: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION if one in missing else ErrorCode.OPERATION_NOT_ATTEMPTED for one in partitions
            }
        else:
            producer = (body.v3_and_below_producer_id, body.v3_and_below_producer_epoch)
            errors = dict.fromkeys(partitions, self._add(request, body.v3_and_below_transactional_id, producer, partitions))
        return {
            "results_by_topic_v3_and_below": [
                {
                    "name": name,
                    "results_by_partition": [
                        {"partition_index": number, "partition_error_code": errors[name, number]} for number in numbers
                    ],
                }
                for name, numbers in _by_topic(partitions).items()
            ]
        }

    def add_offsets(self, request: Request) -> Answer:
        """Let a producer commit a group's offsets with its transaction."""
        body = request.body
        if not body.group_id:
            return {"error_code": ErrorCode.INVALID_GROUP_ID}
        place = (self._coordinators.groups_topic.name, 0)
        return {"error_code": self._add(request, body.transactional_id, (body.producer_id, body.producer_epoch), [place])}

    def _add(self, request: Request, name: str, producer: tuple[int, int], partitions: list[Partition]) -> ErrorCode:
        try:
            self._coordinators.transactions.add(name, producer, partitions)
        except TransactionFault as fault:
            return _told(request, fault)
        return ErrorCode.NONE

    def end(self, request: Request) -> Answer:
        """Commit or abort."""
        body = request.body
        try:
            self._coordinators.transactions.end(body.transactional_id, (body.producer_id, body.producer_epoch), commit=bool(body.committed))
        except TransactionFault as fault:
            return {"error_code": _told(request, fault)}
        return {"error_code": ErrorCode.NONE}

    def write_markers(self, request: Request) -> Answer:
        """End what a producer wrote, by an administrator: a transaction that hangs, which no coordinator knows of."""
        told = []
        for one in request.body.markers:
            topics = []
            for topic in one.topics:
                errors = [(number, self._mark(one, (topic.name, number))) for number in topic.partition_indexes]
                partitions = [{"partition_index": number, "error_code": code} for number, code in errors]
                topics.append({"name": topic.name, "partitions": partitions})
            told.append({"producer_id": one.producer_id, "topics": topics})
        return {"markers": told}

    def _mark(self, marker: Any, partition: Partition) -> ErrorCode:
        producer = (marker.producer_id, marker.producer_epoch)
        commit = bool(marker.transaction_result)
        return self._coordinators.markers.write(partition, producer, commit=commit, coordinator_epoch=marker.coordinator_epoch)

    # -- looking

    def list(self, request: Request) -> Answer:
        """Tell the transactional ids, of some states, producers or ages where asked so."""
        body = request.body
        known = {state.word: state for state in State}
        unknown = [one for one in body.state_filters if one not in known]
        states = {known[one] for one in body.state_filters if one in known}
        producers = set(body.producer_id_filters)
        transactions = self._coordinators.transactions
        found = [
            one
            for one in transactions.all.values()
            if (not body.state_filters or one.state in states)
            and (not producers or one.producer_id in producers)
            and (body.duration_filter < 0 or _age(one, transactions.now_ms) > body.duration_filter)
        ]
        return {
            "error_code": ErrorCode.NONE,
            "unknown_state_filters": unknown,
            "transaction_states": [
                {"transactional_id": one.name, "producer_id": one.producer_id, "transaction_state": one.state.word} for one in found
            ],
        }

    def describe(self, request: Request) -> Answer:
        """Tell all about some transactional ids."""
        known = self._coordinators.transactions.all
        return {"transaction_states": [_described(name, known.get(name)) for name in request.body.transactional_ids]}

    def describe_producers(self, request: Request) -> Answer:
        """Tell who writes into partitions."""
        return {
            "topics": [
                {"name": topic.name, "partitions": [self._producers(topic.name, number) for number in topic.partition_indexes]}
                for topic in request.body.topics
            ]
        }

    def _producers(self, topic: str, number: int) -> dict[str, Any]:
        told: dict[str, Any] = {"partition_index": number, "error_code": ErrorCode.NONE, "active_producers": []}
        log = self._broker.partition(topic, number)
        if log is None:
            return told | {"error_code": ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}
        try:
            producers = log.producers()
        except LogFault as fault:
            return told | {"error_code": fault.code, "error_message": str(fault)}
        active = [
            {
                "producer_id": one.producer_id,
                "producer_epoch": one.producer_epoch,
                "last_sequence": one.last_sequence,
                "last_timestamp": one.last_timestamp,
                "coordinator_epoch": one.coordinator_epoch,
                "current_txn_start_offset": one.current_txn_start_offset,
            }
            for one in producers
        ]
        return told | {"active_producers": active}


def handlers(broker: "Broker", coordinators: "Coordinators") -> dict[ApiKey, Handler]:
    """The handlers of transactions."""
    made = TransactionHandlers(broker, coordinators)
    return {
        ApiKey.INIT_PRODUCER_ID: made.init_producer_id,
        ApiKey.ADD_PARTITIONS_TO_TXN: made.add_partitions,
        ApiKey.ADD_OFFSETS_TO_TXN: made.add_offsets,
        ApiKey.END_TXN: made.end,
        ApiKey.WRITE_TXN_MARKERS: made.write_markers,
        ApiKey.LIST_TRANSACTIONS: made.list,
        ApiKey.DESCRIBE_TRANSACTIONS: made.describe,
        ApiKey.DESCRIBE_PRODUCERS: made.describe_producers,
    }


def _told(request: Request, fault: TransactionFault) -> ErrorCode:
    if fault.code is ErrorCode.PRODUCER_FENCED and request.version < FENCED_TOLD_FROM[request.key]:
        return ErrorCode.INVALID_PRODUCER_EPOCH
    return fault.code


def _by_topic(partitions: Iterable[Partition]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for topic, number in partitions:
        found.setdefault(topic, []).append(number)
    return found


def _age(one: Transaction, now_ms: int) -> int:
    return now_ms - one.started_ms if one.started_ms >= 0 else -1


def _described(name: str, found: Transaction | None) -> dict[str, Any]:
    if not name or found is None:
        code = ErrorCode.TRANSACTIONAL_ID_NOT_FOUND if name else ErrorCode.INVALID_REQUEST
        return {"error_code": code, "transactional_id": name, "transaction_state": "", "topics": []}
    partitions = () if found.state in OVER else sorted(found.partitions)
    return {
        "error_code": ErrorCode.NONE,
        "transactional_id": name,
        "transaction_state": found.state.word,
        "transaction_timeout_ms": found.timeout,
        "transaction_start_time_ms": found.started_ms,
        "producer_id": found.producer_id,
        "producer_epoch": found.epoch,
        "topics": [{"topic": topic, "partitions": numbers} for topic, numbers in _by_topic(partitions).items()],
    }
