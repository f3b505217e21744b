"""The test of a connection to Kafka against whoever may live at a port: at each step it says who it is and what to try."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from embedded_server.contracts import connections as wire
from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, KafkaSettings
from embedded_server.core.profiles import Profile
from embedded_server.core.reach import peer
from embedded_server.kafka.walk import walk
from tests.helpers.broker_processes import free_port
from tests.helpers.strangers import stranger

LIMIT_S = 10.0
"""Of a step that ends by itself."""
QUIET_S = 1.0
"""Of one that is waited for in vain."""
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
API_VERSIONS = b"\0\0" + struct.pack(">ihhhhhh", 2, 3, 0, 9, 18, 0, 3)
"""No error; Metadata 0 to 9, ApiVersions 0 to 3."""


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "LOOK_LIMIT_S", 0.3)


async def walked(bootstrap: str, *, limit_s: float = LIMIT_S, **settings: Any) -> wire.TestReport:
    spec = ConnectionSpec("k", ConnectionKind.KAFKA, kafka=KafkaSettings(bootstrap, **settings))
    report = await walk(Profile("k", spec), limit_s=limit_s)
    failed = [at for at, result in enumerate(report.results) if result.outcome is wire.TestOutcome.FAILED]
    assert len(failed) <= 1
    if failed:
        assert {result.outcome for result in report.results[failed[0] + 1 :]} <= {wire.TestOutcome.SKIPPED}
    return report


async def failure(bootstrap: str, **settings: Any) -> tuple[str, str]:
    (failed,) = [one for one in (await walked(bootstrap, **settings)).results if one.outcome is wire.TestOutcome.FAILED]
    assert failed.problem is not None
    assert failed.problem.hint
    return failed.step.value, failed.problem.type.rpartition(":")[2]


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1000)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def babbles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1000)
    writer.write(b"\0\0\0\x10" + b"not what was asked for")
    await writer.drain()


async def announces(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1000)
    writer.write(b"\x7f\xff\xff\xff much")
    await writer.drain()


def cluster(*brokers: tuple[int, str, int]) -> Serve:
    """Answers ApiVersions and Metadata as a broker that tells of these brokers."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            (size,) = struct.unpack(">i", await reader.readexactly(4))
            request = await reader.readexactly(size)
            key, version, number = struct.unpack_from(">hhi", request)
            body = API_VERSIONS if key == 18 else metadata(version)
            answer = struct.pack(">i", number) + body
            writer.write(struct.pack(">i", len(answer)) + answer)

    def metadata(version: int) -> bytes:
        assert version == 8
        told = b"".join(struct.pack(">ih", node, len(host)) + host.encode() + struct.pack(">ih", port, -1) for node, host, port in brokers)
        return struct.pack(">ii", 0, len(brokers)) + told + struct.pack(">hii", -1, 1, 0) + struct.pack(">i", -(2**31))

    return serve


@pytest.mark.parametrize(
    ("serve", "code"),
    [(silent, "says-nothing"), (hangs_up, "closes-at-once"), (web, "port-speaks-http"), (babbles, "not-kafka"), (announces, "not-kafka")],
)
async def test_a_stranger_at_the_port_is_named(serve: Serve, code: str) -> None:
    async with stranger(serve) as port:
        assert await failure(f"127.0.0.1:{port}", limit_s=QUIET_S if serve is silent else LIMIT_S) == ("protocol", code)


async def test_nobody_and_no_name_are_told_apart() -> None:
    assert await failure(f"127.0.0.1:{free_port()}") == ("port", "nobody-listens")
    assert (await failure("no-such-host.invalid:9092"))[0] == "name"


async def test_an_advertised_address_that_leads_nowhere_is_named() -> None:
    nowhere = free_port()
    async with stranger(cluster((7, "127.0.0.1", nowhere))) as port:
        report = await walked(f"127.0.0.1:{port}")
        (failed,) = [one for one in report.results if one.outcome is wire.TestOutcome.FAILED]
    assert failed.step is wire.TestStep.ADVERTISED
    assert failed.problem is not None
    assert failed.problem.type.endswith(":advertised-unreachable")
    assert f"127.0.0.1:{nowhere}" in failed.problem.title
    assert "advertised.listeners" in failed.problem.hint


async def test_some_brokers_out_of_reach_are_a_warning_and_so_are_some_bootstrap_addresses() -> None:
    nowhere = free_port()
    async with stranger(hangs_up) as there, stranger(cluster((1, "127.0.0.1", there), (2, "127.0.0.1", nowhere))) as port:
        report = await walked(f"127.0.0.1:{nowhere},127.0.0.1:{port}")
    assert report.passed
    warned = {one.step: one.problem for one in report.results if one.outcome is wire.TestOutcome.WARNING}
    assert set(warned) == {wire.TestStep.PORT, wire.TestStep.ADVERTISED}
    for problem in warned.values():
        assert problem is not None
        assert problem.params["addresses"] == f"127.0.0.1:{nowhere}"
        assert (problem.params["count"], problem.params["of"]) == (1, 2)


async def test_a_cluster_without_brokers_is_none() -> None:
    async with stranger(cluster()) as port:
        assert await failure(f"127.0.0.1:{port}") == ("advertised", "no-brokers-told")


async def test_a_registry_that_is_not_there_is_a_warning() -> None:
    async with stranger(hangs_up) as there, stranger(cluster((1, "127.0.0.1", there))) as port:
        report = await walked(f"127.0.0.1:{port}", registry_url=f"http://127.0.0.1:{free_port()}")
    last = report.results[-1]
    assert (last.step, last.outcome) == (wire.TestStep.REGISTRY, wire.TestOutcome.WARNING)
    assert last.problem is not None
    assert last.problem.type.rpartition(":")[2].startswith("registry-")
