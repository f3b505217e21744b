"""What the coordinator of transactions refuses, by the wire: the codes clients steer by."""

from typing import Any

import pytest

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.versions import ApiKey
from tests.contract.kafka.ask import ask
from tests.contract.kafka.raw import RawClient
from tests.helpers.broker_processes import wait_until
from tests.helpers.kafka_batches import By, batch, numbered

NOT_YET = {ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS}
QUARTER_OF_AN_HOUR_MS = 15 * 60 * 1000
Producer = tuple[int, int]


def init(bootstrap: str, name: str, *, timeout_ms: int = 60_000, was: Producer = (-1, -1), version: int = 4) -> Any:
    """A producer's id and epoch, or the error; a broker that has just started makes its topic first."""
    found = []

    def answered() -> bool:
        if version >= 3:
            fields: dict[str, Any] = {"producer_id": was[0], "producer_epoch": was[1]}
        else:
            fields = {}
        answer = ask(bootstrap, ApiKey.INIT_PRODUCER_ID, version, transactional_id=name, transaction_timeout_ms=timeout_ms, **fields)
        found.append(answer)
        return answer.error_code not in NOT_YET

    ask(bootstrap, ApiKey.FIND_COORDINATOR, 4, coordinator_keys=[name], key_type=1)
    wait_until(answered, 30, "the coordinator is there")
    return found[-1]


def begun(bootstrap: str, name: str) -> Producer:
    """A producer as it is once nothing of its former life is under way."""
    found: list[Producer] = []

    def is_let() -> bool:
        answer = init(bootstrap, name)
        found.append((answer.producer_id, answer.producer_epoch))
        assert answer.error_code in {ErrorCode.NONE, ErrorCode.CONCURRENT_TRANSACTIONS}
        return bool(answer.error_code == ErrorCode.NONE)

    wait_until(is_let, 30, "it may begin")
    return found[-1]


def add(bootstrap: str, name: str, producer: Producer, topic: str, version: int = 3) -> int:
    """The error of adding partition 0 to the transaction, which is not asked again only while the last one ends."""
    fields = {"v3_and_below_transactional_id": name, "v3_and_below_producer_id": producer[0], "v3_and_below_producer_epoch": producer[1]}
    codes: list[int] = []

    def answered() -> bool:
        answer = ask(bootstrap, ApiKey.ADD_PARTITIONS_TO_TXN, version, **fields, v3_and_below_topics=[{"name": topic, "partitions": [0]}])
        ((code,),) = ([one.partition_error_code for one in each.results_by_partition] for each in answer.results_by_topic_v3_and_below)
        codes.append(code)
        return bool(code != ErrorCode.CONCURRENT_TRANSACTIONS)

    wait_until(answered, 30, "the transaction before is over")
    return codes[-1]


def end(bootstrap: str, name: str, producer: Producer, *, commit: bool, version: int = 3) -> int:
    """The error of ending the transaction, asked again only while it is ending."""
    codes: list[int] = []

    def answered() -> bool:
        fields = {"transactional_id": name, "producer_id": producer[0], "producer_epoch": producer[1], "committed": commit}
        codes.append(ask(bootstrap, ApiKey.END_TXN, version, **fields).error_code)
        return codes[-1] != ErrorCode.CONCURRENT_TRANSACTIONS

    wait_until(answered, 30, "it has ended")
    return codes[-1]


@pytest.mark.parametrize("timeout_ms", [0, -1, QUARTER_OF_AN_HOUR_MS + 1])
def test_a_timeout_that_no_transaction_may_have_is_refused(bootstrap: str, name: str, timeout_ms: int) -> None:
    assert init(bootstrap, name, timeout_ms=timeout_ms).error_code == ErrorCode.INVALID_TRANSACTION_TIMEOUT
    assert init(bootstrap, name, timeout_ms=QUARTER_OF_AN_HOUR_MS).error_code == ErrorCode.NONE


def test_a_name_or_a_former_life_that_cannot_be_is_refused(bootstrap: str, name: str) -> None:
    assert init(bootstrap, "").error_code == ErrorCode.INVALID_REQUEST
    assert init(bootstrap, name, was=(5, -1)).error_code == ErrorCode.INVALID_REQUEST
    assert init(bootstrap, name, was=(-1, 5)).error_code == ErrorCode.INVALID_REQUEST


def test_a_transactional_id_that_nobody_has_is_not_found(bootstrap: str, name: str, topic: str) -> None:
    begun(bootstrap, f"t-{name}")
    told = ask(bootstrap, ApiKey.DESCRIBE_TRANSACTIONS, 0, transactional_ids=[f"t-{name}", "nobody's"]).transaction_states
    codes = {one.transactional_id: one.error_code for one in told}
    assert codes == {f"t-{name}": ErrorCode.NONE, "nobody's": ErrorCode.TRANSACTIONAL_ID_NOT_FOUND}
    assert add(bootstrap, "nobody's", (0, 0), topic) == ErrorCode.INVALID_PRODUCER_ID_MAPPING
    assert end(bootstrap, "nobody's", (0, 0), commit=True) == ErrorCode.INVALID_PRODUCER_ID_MAPPING
    id_, epoch = begun(bootstrap, f"t-{name}")
    assert end(bootstrap, f"t-{name}", (id_ + 1_000_000, epoch), commit=True) == ErrorCode.INVALID_PRODUCER_ID_MAPPING


def test_ending_what_was_not_begun_or_ended_otherwise_is_no_state_for_it(bootstrap: str, name: str, topic: str) -> None:
    who = begun(bootstrap, f"t-{name}")
    assert end(bootstrap, f"t-{name}", who, commit=True) == ErrorCode.INVALID_TXN_STATE
    assert add(bootstrap, f"t-{name}", who, topic) == ErrorCode.NONE
    assert end(bootstrap, f"t-{name}", who, commit=True) == ErrorCode.NONE
    assert end(bootstrap, f"t-{name}", who, commit=True) == ErrorCode.NONE, "asked again, it is answered alike"
    assert end(bootstrap, f"t-{name}", who, commit=False) == ErrorCode.INVALID_TXN_STATE


def test_records_of_a_transaction_that_the_partition_is_not_in_are_refused(bootstrap: str, name: str, topic: str) -> None:
    id_, epoch = begun(bootstrap, f"t-{name}")
    records = batch(numbered(1), By(id_, epoch, 0, transactional=True))
    with RawClient(bootstrap) as client:
        assert client.produce(topic, records, transactional_id=f"t-{name}").error == ErrorCode.INVALID_TXN_STATE
        assert add(bootstrap, f"t-{name}", (id_, epoch), topic) == ErrorCode.NONE
        assert client.produce(topic, records, transactional_id=f"t-{name}").error == ErrorCode.NONE
    assert add(bootstrap, f"t-{name}", (id_, epoch), "no-such-topic") == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert end(bootstrap, f"t-{name}", (id_, epoch), commit=False) == ErrorCode.NONE


@pytest.mark.parametrize(("version", "told"), [(1, ErrorCode.INVALID_PRODUCER_EPOCH), (3, ErrorCode.PRODUCER_FENCED)])
def test_one_that_takes_the_name_over_aborts_and_fences_who_had_it(
    bootstrap: str, name: str, topic: str, version: int, told: ErrorCode
) -> None:
    """Before KIP-588 a fenced producer is told the error that its version knows."""
    before = begun(bootstrap, f"t-{name}")
    assert add(bootstrap, f"t-{name}", before, topic) == ErrorCode.NONE
    with RawClient(bootstrap) as client:
        records = batch(numbered(1), By(*before, 0, transactional=True))
        assert client.produce(topic, records, transactional_id=f"t-{name}").error == ErrorCode.NONE
        assert init(bootstrap, f"t-{name}").error_code == ErrorCode.CONCURRENT_TRANSACTIONS, "first what was open is aborted"
        after = begun(bootstrap, f"t-{name}")
        assert (after[0], after[1] > before[1]) == (before[0], True)
        assert end(bootstrap, f"t-{name}", before, commit=True, version=version) == told
        assert add(bootstrap, f"t-{name}", before, topic, version) == told
        late = batch(numbered(1), By(*before, 1, transactional=True))
        assert client.produce(topic, late, transactional_id=f"t-{name}").error == ErrorCode.INVALID_PRODUCER_EPOCH
        assert [first for _, first in client.fetch(topic, 0, committed=True).aborted] == [0]


def test_a_producer_that_was_taken_over_may_not_begin_anew(bootstrap: str, name: str) -> None:
    first = begun(bootstrap, f"t-{name}")
    begun(bootstrap, f"t-{name}")
    assert init(bootstrap, f"t-{name}", was=first, version=3).error_code == ErrorCode.INVALID_PRODUCER_EPOCH
    assert init(bootstrap, f"t-{name}", was=first, version=4).error_code == ErrorCode.PRODUCER_FENCED
    assert init(bootstrap, f"t-{name}", was=(first[0] + 1_000_000, 0), version=4).error_code == ErrorCode.PRODUCER_FENCED
