"""What a group's coordinator refuses, by the wire: the codes clients steer by."""

import time
from typing import Any

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.versions import ApiKey
from tests.contract.kafka.ask import ask
from tests.helpers.broker_processes import wait_until

SESSION_MS = 6000
PROTOCOLS = [{"name": "range", "metadata": b"\0\0\0\0\0\0\xff\xff\xff\xff"}]


def join(bootstrap: str, group: str, member_id: str = "", version: int = 3, **fields: Any) -> Any:
    """Version 3 takes members without an id at once."""
    asked = {"session_timeout_ms": SESSION_MS, "rebalance_timeout_ms": SESSION_MS, "protocol_type": "consumer", "protocols": PROTOCOLS}
    return ask(bootstrap, ApiKey.JOIN_GROUP, version, group_id=group, member_id=member_id, **(asked | fields))


def ready(bootstrap: str, group: str) -> None:
    """Wait until the coordinator is there: a broker that has just started makes its topic first."""

    def is_there() -> bool:
        answer = ask(bootstrap, ApiKey.FIND_COORDINATOR, 4, coordinator_keys=[group], key_type=0)
        return bool(answer.coordinators[0].error_code == 0) and join(bootstrap, group, "nobody").error_code == ErrorCode.UNKNOWN_MEMBER_ID

    wait_until(is_there, 30, "the coordinator is there")


def test_joining_is_refused_as_kafka_refuses_it(bootstrap: str, name: str) -> None:
    ready(bootstrap, name)
    assert join(bootstrap, "").error_code == ErrorCode.INVALID_GROUP_ID
    assert join(bootstrap, name, session_timeout_ms=10).error_code == ErrorCode.INVALID_SESSION_TIMEOUT
    assert join(bootstrap, name, protocols=[]).error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    first = join(bootstrap, name, version=5)
    assert first.error_code == ErrorCode.MEMBER_ID_REQUIRED
    assert first.member_id


def test_members_are_told_what_they_are_no_more(bootstrap: str, name: str) -> None:
    ready(bootstrap, name)
    joined = join(bootstrap, name)
    assert (joined.error_code, joined.leader) == (0, joined.member_id)
    me = {"group_id": name, "member_id": joined.member_id, "generation_id": joined.generation_id}
    synced = ask(bootstrap, ApiKey.SYNC_GROUP, 3, **me, assignments=[{"member_id": joined.member_id, "assignment": b"mine"}])
    assert (synced.error_code, bytes(synced.assignment)) == (0, b"mine")
    assert ask(bootstrap, ApiKey.HEARTBEAT, 3, **me).error_code == 0
    assert ask(bootstrap, ApiKey.HEARTBEAT, 3, **(me | {"generation_id": 99})).error_code == ErrorCode.ILLEGAL_GENERATION
    assert ask(bootstrap, ApiKey.HEARTBEAT, 3, **(me | {"member_id": "who"})).error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert ask(bootstrap, ApiKey.HEARTBEAT, 3, **me, group_instance_id="who").error_code == ErrorCode.UNKNOWN_MEMBER_ID
    other = join(bootstrap, name, protocol_type="connect")
    assert other.error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    started = time.monotonic()
    wait_until(lambda: ask(bootstrap, ApiKey.DESCRIBE_GROUPS, 4, groups=[name]).groups[0].group_state == "Empty", 20, "its session ended")
    assert time.monotonic() - started > SESSION_MS / 1000 - 2  # it lasts as long as was agreed, whatever became of the connection
    assert ask(bootstrap, ApiKey.HEARTBEAT, 3, **me).error_code == ErrorCode.UNKNOWN_MEMBER_ID
