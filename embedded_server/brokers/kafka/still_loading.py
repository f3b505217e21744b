"""What requests to the coordinators are answered while these are still reading back what they know: that it is to be asked again soon.

As in Apache Kafka, clients take COORDINATOR_LOAD_IN_PROGRESS for a reason to wait a moment and repeat the request.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from embedded_server.brokers.kafka.codec import Values
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import ApiKey

CODE: Final = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
NO_OFFSET: Final = -1
GROUPS_FROM: Final = 8
ON_TOP_FROM: Final = 2
NULL_PROTOCOL_FROM: Final = 7
"""Versions of OffsetFetch, and of JoinGroup, from which errors are told so."""


def gated(handlers: Mapping[ApiKey, Handler], is_ready: Callable[[], bool]) -> dict[ApiKey, Handler]:
    """The handlers, each asked only once *is_ready*; those that need not wait for it are as they were."""

    def wait(handler: Handler, told: Callable[[Request], Values]) -> Handler:
        def handle(request: Request) -> Answer:
            return handler(request) if is_ready() else told(request)

        return handle

    return {key: wait(handler, _TOLD[key]) if key in _TOLD else handler for key, handler in handlers.items()}


def _plain(_: Request) -> Values:
    return {"error_code": CODE}


def _join(request: Request) -> Values:
    return {
        "error_code": CODE,
        "generation_id": -1,
        "protocol_name": None if request.version >= NULL_PROTOCOL_FROM else "",
        "leader": "",
        "member_id": request.body.member_id,
        "members": [],
    }


def _sync(_: Request) -> Values:
    return {"error_code": CODE, "assignment": b""}


def _committed(request: Request) -> Values:
    return {"topics": [{"name": topic.name, "partitions": _each(topic.partitions)} for topic in request.body.topics]}


def _each(partitions: list[Any]) -> list[dict[str, Any]]:
    return [{"partition_index": one.partition_index, "error_code": CODE} for one in partitions]


def _fetched(request: Request) -> Values:
    body = request.body
    if request.version >= GROUPS_FROM:
        return {"groups": [{"group_id": one.group_id, "topics": [], "error_code": CODE} for one in body.groups]}
    if request.version >= ON_TOP_FROM:
        return {"topics": [], "error_code": CODE}
    nothing = {"committed_offset": NO_OFFSET, "metadata": "", "error_code": CODE}
    return {
        "topics": [
            {"name": topic.name, "partitions": [{"partition_index": number, **nothing} for number in topic.partition_indexes]}
            for topic in body.topics
        ]
    }


def _offsets_deleted(_: Request) -> Values:
    return {"error_code": CODE, "topics": []}


def _listed(_: Request) -> Values:
    return {"error_code": CODE, "groups": []}


def _described(request: Request) -> Values:
    return {"groups": [{"error_code": CODE, "group_id": name, "group_state": ""} for name in request.body.groups]}


def _deleted(request: Request) -> Values:
    return {"results": [{"group_id": name, "error_code": CODE} for name in request.body.groups_names]}


def _producer(_: Request) -> Values:
    return {"error_code": CODE, "producer_id": -1, "producer_epoch": -1}


def _added(request: Request) -> Values:
    return {
        "results_by_topic_v3_and_below": [
            {
                "name": topic.name,
                "results_by_partition": [{"partition_index": number, "partition_error_code": CODE} for number in topic.partitions],
            }
            for topic in request.body.v3_and_below_topics
        ]
    }


def _marked(request: Request) -> Values:
    return {
        "markers": [
            {
                "producer_id": one.producer_id,
                "topics": [
                    {
                        "name": topic.name,
                        "partitions": [{"partition_index": number, "error_code": CODE} for number in topic.partition_indexes],
                    }
                    for topic in one.topics
                ],
            }
            for one in request.body.markers
        ]
    }


def _transactions_listed(_: Request) -> Values:
    return {"error_code": CODE, "unknown_state_filters": [], "transaction_states": []}


def _transactions_described(request: Request) -> Values:
    names = request.body.transactional_ids
    return {"transaction_states": [{"error_code": CODE, "transactional_id": one, "transaction_state": "", "topics": []} for one in names]}


_TOLD: Final[Mapping[ApiKey, Callable[[Request], Values]]] = {
    ApiKey.JOIN_GROUP: _join,
    ApiKey.SYNC_GROUP: _sync,
    ApiKey.HEARTBEAT: _plain,
    ApiKey.LEAVE_GROUP: _plain,
    ApiKey.OFFSET_COMMIT: _committed,
    ApiKey.TXN_OFFSET_COMMIT: _committed,
    ApiKey.OFFSET_FETCH: _fetched,
    ApiKey.OFFSET_DELETE: _offsets_deleted,
    ApiKey.LIST_GROUPS: _listed,
    ApiKey.DESCRIBE_GROUPS: _described,
    ApiKey.DELETE_GROUPS: _deleted,
    ApiKey.INIT_PRODUCER_ID: _producer,
    ApiKey.ADD_PARTITIONS_TO_TXN: _added,
    ApiKey.ADD_OFFSETS_TO_TXN: _plain,
    ApiKey.END_TXN: _plain,
    ApiKey.WRITE_TXN_MARKERS: _marked,
    ApiKey.LIST_TRANSACTIONS: _transactions_listed,
    ApiKey.DESCRIBE_TRANSACTIONS: _transactions_described,
}
