"""What stands between Switchroom and a cluster is said in words: addresses, logins, TLS, permissions."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
from kafka.protocol.admin import ListGroupsRequest

from embedded_server.contracts.connections import LinkState, SaslMechanism
from embedded_server.contracts.kafka import Content, ReadRequest, Record
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile
from embedded_server.core.reach import problems as reach
from embedded_server.kafka import problems
from embedded_server.kafka.clients import slot
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.clients.manager import Manager
from embedded_server.kafka.clients.slot import open_admin_blocking
from embedded_server.kafka.holdings.wire import Wire
from tests.contract.kafka.capability import CONNECTION, capability_over, profile_of
from tests.helpers.broker_processes import EmbeddedBroker, free_port
from tests.helpers.certificates import Authority
from tests.helpers.kafka_processes import ALICE, ALICE_PASSWORD, NEEDS_KAFKA, RealKafka, has_kafka
from tests.helpers.server import until

TOPICS = ("open", "shut", "mine")


@asynccontextmanager
async def clients_of(profile: Profile) -> AsyncIterator[Clients]:
    async def resolve(_: str) -> Profile:
        return profile

    clients = Clients(resolve)
    try:
        yield clients
    finally:
        await clients.close()


async def problem_with(profile: Profile) -> tuple[UserFacingError, LinkState]:
    """Why an admin call does not work, and how the connection fares after it."""
    async with clients_of(profile) as clients:
        with pytest.raises(UserFacingError) as caught:
            await clients.admin(CONNECTION, lambda admin: admin.list_topics())
        return caught.value, clients.health(CONNECTION).state


# -- without a broker


async def test_nobody_at_the_address_is_said_and_tried_again() -> None:
    address = f"127.0.0.1:{free_port()}"
    problem, state = await problem_with(profile_of(address))
    assert isinstance(problem, reach.NobodyListens)
    assert ("9092" in problem.hint, "RabbitMQ" in problem.hint) == (True, False)
    assert str(problem) == f"No broker answers at {address}"
    assert state is LinkState.WAITING


async def test_a_name_that_leads_nowhere_is_said() -> None:
    problem, _ = await problem_with(profile_of("no-such-host.invalid:9092"))
    assert isinstance(problem, reach.NameNotFound)


async def test_of_several_addresses_that_fail_one_is_named_and_a_broker_that_was_reached_first() -> None:
    nobody = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    problem, _ = await problem_with(profile_of(",".join(nobody)))
    assert str(problem) in {f"No broker answers at {address}" for address in nobody}
    with something_else() as other:
        problem, _ = await problem_with(profile_of(f"{nobody[0]},{other}"))
    assert isinstance(problem, problems.NotKafka)


async def test_a_silent_listener_is_told_from_one_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.kafka.clients.manager.CONNECT_LIMIT_S", 0.3)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        problem, _ = await problem_with(profile_of(f"127.0.0.1:{silent.getsockname()[1]}"))
    assert isinstance(problem, reach.NoAnswer)


async def test_something_else_at_the_port_is_told() -> None:
    with something_else() as other:
        problem, _ = await problem_with(profile_of(other))
    assert isinstance(problem, problems.NotKafka)


@contextmanager
def something_else() -> Iterator[str]:
    """The address of a web server."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        answering = threading.Thread(target=_answer_http, args=(listener,), daemon=True)
        answering.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)  # wakes its thread
    answering.join(5)


def _answer_http(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(2)
            try:
                connection.recv(4_096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            except OSError:
                continue


async def test_a_certificate_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "no.pem"
    problem, state = await problem_with(profile_of("127.0.0.1:1", tls=True, ca_file=str(path)))
    assert isinstance(problem, reach.CertificateUnreadable)
    assert str(path) in str(problem)
    assert state is LinkState.FAILED


async def test_a_connection_without_kafka_says_so() -> None:
    problem, _ = await problem_with(profile_of(""))
    assert isinstance(problem, problems.NoKafkaThere)


async def test_what_is_disconnected_stays_so_until_it_is_connected_again() -> None:
    async with clients_of(profile_of(f"127.0.0.1:{free_port()}")) as clients:
        await clients.disconnect(CONNECTION, "k")
        with pytest.raises(problems.KafkaDisconnected):
            await clients.admin(CONNECTION, lambda admin: admin.list_topics())
        await clients.reconnect(CONNECTION)

        async def is_waiting() -> bool:
            return clients.health(CONNECTION).state is LinkState.WAITING

        await until(is_waiting, 10)


async def test_a_call_that_had_to_wait_while_its_client_was_lost_says_that_the_connection_is(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    try:
        broker.start()
        async with clients_of(profile_of(broker.kafka)) as clients:

            def closed_meanwhile(admin: KafkaAdminClient) -> object:
                admin.close()
                return admin.list_topics()

            with pytest.raises(reach.LinkProblem):
                await clients.admin(CONNECTION, closed_meanwhile)
            assert await clients.admin(CONNECTION, lambda admin: admin.list_topics()) == []
    finally:
        broker.stop()


async def test_a_connection_that_is_dropped_while_it_opens_says_so_and_leaves_no_client_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[KafkaAdminClient] = []
    begun, go_on = threading.Event(), threading.Event()

    def slowly(profile: Profile) -> tuple[KafkaAdminClient, Manager]:
        begun.set()
        go_on.wait(10)
        made = open_admin_blocking(profile)
        opened.append(made[0])
        return made

    monkeypatch.setattr(slot, "open_admin_blocking", slowly)
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    try:
        async with clients_of(profile_of(broker.kafka)) as clients:

            async def drop() -> None:
                await asyncio.to_thread(begun.wait, 10)
                await clients.drop(CONNECTION)
                go_on.set()

            asked = (clients.admin(CONNECTION, lambda admin: admin.list_topics()) for _ in range(2))
            told = await asyncio.gather(*asked, drop(), return_exceptions=True)
            assert [type(one) for one in told[:2]] == [reach.LinkClosed, reach.LinkClosed]
            (admin,) = opened
            assert admin._closed
            assert await clients.admin(CONNECTION, lambda admin: admin.list_topics()) == []
    finally:
        broker.stop()


async def test_a_call_that_waits_for_a_thread_when_the_connection_is_dropped_is_told(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    go_on = threading.Event()
    try:
        async with clients_of(profile_of(broker.kafka)) as clients:
            await clients.reachable(CONNECTION)

            async def drop() -> None:
                await asyncio.sleep(0)
                await clients.drop(CONNECTION)
                go_on.set()

            asked = (clients.admin(CONNECTION, lambda _: go_on.wait(10)) for _ in range(slot.THREADS + 2))
            told = await asyncio.gather(*asked, drop(), return_exceptions=True)
            assert [type(one) for one in told[slot.THREADS : -1]] == [reach.LinkClosed, reach.LinkClosed]
            assert told[: slot.THREADS] == [True] * slot.THREADS
    finally:
        go_on.set()
        broker.stop()


async def test_many_calls_at_once_do_not_take_a_busy_broker_for_a_lost_one(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    try:
        broker.start()
        async with clients_of(profile_of(broker.kafka)) as clients:

            def ask_much(admin: KafkaAdminClient) -> int:
                wire = Wire(admin)
                return len(wire.ask_all([(node, ListGroupsRequest()) for node in wire.brokers() for _ in range(20)]))

            assert await asyncio.gather(*(clients.admin(CONNECTION, ask_much) for _ in range(8))) == [20] * 8
            assert clients.health(CONNECTION).state is LinkState.OPEN
    finally:
        broker.stop()


# -- against an Apache Kafka with every kind of listener


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKafka]:
    if not has_kafka():
        pytest.skip(NEEDS_KAFKA)
    node = RealKafka(sasl=True, tls=Authority(Path(tmp_path_factory.mktemp("ca"))), acls=True)
    try:
        node.start()
        with KafkaAdminClient(bootstrap_servers=node.bootstrap) as admin:
            admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1} for name in TOPICS})
            admin.wait_for_topics(list(TOPICS))
            allowed = [
                ACL(f"User:{ALICE}", "*", operation, ACLPermissionType.ALLOW, ResourcePattern(ResourceType.TOPIC, "open"))
                for operation in (ACLOperation.READ, ACLOperation.DESCRIBE)
            ]
            admin.create_acls(allowed)
        yield node
    finally:
        node.stop()


def alice(node: RealKafka, mechanism: SaslMechanism = SaslMechanism.PLAIN, password: str = ALICE_PASSWORD, user: str = ALICE) -> Profile:
    assert node.sasl is not None
    return profile_of(node.sasl.bootstrap, mechanism=mechanism, user=user, password=password)


@pytest.mark.real_broker
@pytest.mark.parametrize("mechanism", [one for one in SaslMechanism if one])
@pytest.mark.parametrize("tls", [False, True])
async def test_every_login_works_plainly_and_over_tls(guarded: RealKafka, mechanism: SaslMechanism, tls: bool) -> None:
    listener = guarded.sasl_tls if tls else guarded.sasl
    assert listener is not None
    profile = profile_of(listener.bootstrap, mechanism=mechanism, user=ALICE, password=ALICE_PASSWORD, tls=tls, verify=False)
    async with clients_of(profile) as clients:
        assert "open" in await clients.admin(CONNECTION, lambda admin: admin.list_topics())
        assert clients.health(CONNECTION).state is LinkState.OPEN


@pytest.mark.real_broker
@pytest.mark.parametrize("mechanism", [one for one in SaslMechanism if one])
async def test_a_wrong_password_is_final(guarded: RealKafka, mechanism: SaslMechanism) -> None:
    problem, state = await problem_with(alice(guarded, mechanism, "wrong"))
    assert isinstance(problem, problems.SaslRefused)
    assert f"refuses the user “{ALICE}”" in str(problem)
    assert state is LinkState.FAILED


@pytest.mark.real_broker
async def test_a_login_that_is_missing_or_not_known_is_told(guarded: RealKafka) -> None:
    assert guarded.sasl is not None
    problem, state = await problem_with(profile_of(guarded.sasl.bootstrap))
    assert isinstance(problem, problems.LoginNeeded)
    assert "PLAIN" in problem.problem().hint
    assert state is LinkState.FAILED
    problem, _ = await problem_with(profile_of(guarded.bootstrap, mechanism=SaslMechanism.PLAIN, user=ALICE, password="x"))
    assert isinstance(problem, problems.LoginNotTaken)


@pytest.mark.real_broker
async def test_tls_where_there_is_none_and_none_where_there_is(guarded: RealKafka, tmp_path: Path) -> None:
    assert guarded.tls is not None
    problem, _ = await problem_with(profile_of(guarded.tls.bootstrap))
    assert isinstance(problem, reach.PortWantsTls)
    problem, _ = await problem_with(profile_of(guarded.bootstrap, tls=True, verify=False))
    assert isinstance(problem, reach.PortSpeaksPlain)
    problem, _ = await problem_with(profile_of(guarded.tls.bootstrap, tls=True))
    assert isinstance(problem, reach.CertificateNotTrusted)
    other = Authority(tmp_path, "Another authority")
    problem, state = await problem_with(profile_of(guarded.tls.bootstrap, tls=True, ca_file=str(other.cert)))
    assert isinstance(problem, reach.CertificateNotTrusted)
    assert state is LinkState.FAILED


@pytest.mark.real_broker
async def test_what_an_acl_forbids_is_said_with_its_topic(guarded: RealKafka, tmp_path: Path) -> None:
    async with capability_over(tmp_path, lambda: alice(guarded)) as capability:
        done = await capability.ended(await capability.records.read(CONNECTION, ReadRequest("open")))
        assert done.state.value == "done"
        with pytest.raises(problems.TopicNotAuthorized, match=f"“{ALICE}” may not use topic “shut”"):
            await capability.records.read(CONNECTION, ReadRequest("shut"))
        with pytest.raises(problems.ClusterNotAuthorized):  # who may write nowhere is given no producer id
            await capability.records.produce(CONNECTION, Record("open", value=Content("x")))
        await asyncio.to_thread(_allow_to_write, guarded, "mine")
        with pytest.raises(problems.TopicNotAuthorized, match=f"“{ALICE}” may not use topic “open”"):
            await capability.records.produce(CONNECTION, Record("open", value=Content("x")))


def _allow_to_write(node: RealKafka, topic: str) -> None:
    with KafkaAdminClient(bootstrap_servers=node.bootstrap) as admin:
        pattern = ResourcePattern(ResourceType.TOPIC, topic)
        admin.create_acls([ACL(f"User:{ALICE}", "*", ACLOperation.WRITE, ACLPermissionType.ALLOW, pattern)])


@pytest.mark.real_broker
async def test_an_advertised_address_that_leads_nowhere_is_named() -> None:
    if not has_kafka():
        pytest.skip(NEEDS_KAFKA)
    elsewhere = f"127.0.0.1:{free_port()}"
    node = RealKafka()
    node._properties = _advertising(node, elsewhere)  # type: ignore[method-assign]  # one line of its file
    try:
        node.start()
        problem, _ = await problem_with(profile_of(node.bootstrap))
    finally:
        node.stop()
    assert isinstance(problem, problems.AdvertisedUnreachable)
    assert str(problem) == f"Broker 1 of the cluster advertises {elsewhere}, which cannot be reached from here"


def _advertising(node: RealKafka, address: str) -> Callable[[], dict[str, str]]:
    made = node._properties()
    return lambda: {**made, "advertised.listeners": f"PLAIN://{address}"}
