"""The test of a connection finds the same on the embedded broker and on RabbitMQ, and leaves nothing there."""

import base64
import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from embedded_server.contracts import connections as wire
from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, RabbitSettings, Secret
from embedded_server.core.profiles import Profile
from embedded_server.rabbitmq.walk import walk
from tests.helpers.broker_processes import NEEDS_RABBITMQ, EmbeddedBroker, RealRabbitMQ, find_rabbitmq_server
from tests.helpers.certificates import Authority

Broker = EmbeddedBroker | RealRabbitMQ
LIMIT_S = 10.0


def settings_of(broker: Broker, **changes: Any) -> RabbitSettings:
    place = urlsplit(broker.management_url).netloc.rpartition("@")[2]
    return replace(RabbitSettings("127.0.0.1", broker.port, management_url=f"http://{place}"), **changes)


async def walked(settings: RabbitSettings, password: str = "guest") -> dict[str, wire.TestResult]:
    spec = ConnectionSpec("tested", ConnectionKind.RABBITMQ, rabbitmq=settings)
    report = await walk(Profile("x", spec, {Secret.PASSWORD: password}), limit_s=LIMIT_S)
    return {result.step.value: result for result in report.results}


def code_of(result: wire.TestResult) -> str:
    assert result.problem is not None
    assert result.problem.hint
    return result.problem.type.rpartition(":")[2]


@pytest.fixture
def ask(broker: Broker) -> Callable[..., Any]:
    """The management API, as an administrator."""

    def ask_blocking(method: str, path: str, value: Any = None) -> Any:
        place = urlsplit(broker.management_url).netloc.rpartition("@")[2]
        token = base64.b64encode(b"guest:guest").decode()
        headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        data = json.dumps(value).encode() if value is not None else None
        request = urllib.request.Request(f"http://{place}/api/{path}", data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    return ask_blocking


@pytest.fixture
def user(ask: Callable[..., Any], name: str) -> Iterator[Callable[[str, str, str], str]]:
    """Makes a user with these permissions; its name is its password."""

    def make(configure: str, write: str, read: str) -> str:
        ask("PUT", f"users/{name}", {"password": name, "tags": ""})
        ask("PUT", f"permissions/%2F/{name}", {"configure": configure, "write": write, "read": read})
        return name

    yield make
    ask("DELETE", f"users/{name}")


async def test_every_step_is_walked_and_nothing_is_left(broker: Broker, ask: Callable[..., Any]) -> None:
    before = [ask("GET", what) for what in ("queues?columns=name", "exchanges?columns=name")]
    found = await walked(settings_of(broker))
    assert {step: result.outcome.value for step, result in found.items()} == {
        "name": "skipped",
        "port": "passed",
        "tls": "skipped",
        "protocol": "passed",
        "login": "passed",
        "vhost": "passed",
        "permissions": "passed",
        "management": "passed",
    }
    assert "administrator" in found["management"].found
    assert [ask("GET", what) for what in ("queues?columns=name", "exchanges?columns=name")] == before


async def test_a_wrong_password_is_told_at_the_login(broker: Broker) -> None:
    found = await walked(settings_of(broker), "wrong")
    assert code_of(found["login"]) == "login-refused"
    assert found["vhost"].outcome is wire.TestOutcome.SKIPPED


async def test_a_missing_virtual_host_is_told_with_those_there_are(broker: Broker) -> None:
    found = await walked(settings_of(broker, vhost="nope"))
    assert code_of(found["vhost"]) == "v-host-missing-among"
    assert found["vhost"].problem is not None
    assert "/" in found["vhost"].problem.params["known"]
    alone = await walked(settings_of(broker, vhost="nope", management=False))
    assert code_of(alone["vhost"]) == "v-host-missing"


async def test_a_virtual_host_that_is_not_for_the_user(broker: Broker, ask: Callable[..., Any], name: str) -> None:
    ask("PUT", f"users/{name}", {"password": name, "tags": ""})
    try:
        found = await walked(settings_of(broker, user=name), name)
        assert code_of(found["vhost"]) == "v-host-refused"
    finally:
        ask("DELETE", f"users/{name}")


@pytest.mark.parametrize(
    ("permissions", "missing"),
    [
        (("", ".*", ".*"), "configure"),
        ((".*", "", ".*"), "write"),
        ((".*", ".*", ""), "read"),
        (("^mine", "^mine", "^mine"), "configure, write, read"),
    ],
)
async def test_a_missing_permission_is_named(
    broker: Broker, user: Callable[[str, str, str], str], permissions: tuple[str, str, str], missing: str
) -> None:
    name = user(*permissions)
    found = await walked(settings_of(broker, user=name), name)
    assert found["permissions"].outcome is wire.TestOutcome.WARNING
    assert found["permissions"].problem is not None
    assert found["permissions"].problem.params["missing"] == missing


async def test_without_management_the_test_passes_with_a_warning_that_says_what_is_missing(
    broker: Broker, user: Callable[[str, str, str], str]
) -> None:
    closed = await walked(settings_of(broker, management_url="http://127.0.0.1:1"))
    assert (closed["management"].outcome, code_of(closed["management"])) == (wire.TestOutcome.WARNING, "management-unreachable")
    wrong = await walked(settings_of(broker, management_url=f"http://127.0.0.1:{broker.port}"))
    assert wrong["management"].outcome is wire.TestOutcome.WARNING
    name = user(".*", ".*", ".*")
    untagged = await walked(settings_of(broker, user=name), name)
    assert code_of(untagged["management"]) == "management-tag-missing"
    other = await walked(settings_of(broker, management_user="nobody"))
    assert code_of(other["management"]) == "management-login-refused"
    off = await walked(settings_of(broker, management=False))
    assert off["management"].outcome is wire.TestOutcome.SKIPPED


async def test_names_of_any_letters_are_found(broker: Broker, ask: Callable[..., Any], name: str) -> None:
    vhost = f"{name} ä/%"
    ask("PUT", f"vhosts/{quote(vhost, safe='')}")
    try:
        ask("PUT", f"permissions/{quote(vhost, safe='')}/guest", {"configure": ".*", "write": ".*", "read": ".*"})
        assert (await walked(settings_of(broker, vhost=vhost)))["vhost"].found == vhost
    finally:
        ask("DELETE", f"vhosts/{quote(vhost, safe='')}")


# -- TLS, which the embedded broker does not speak


class TlsRabbitMQ(RealRabbitMQ):
    """A private node that speaks TLS and asks for a certificate."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.authority = Authority(folder)
        self.server = self.authority.sign("server", "DNS:localhost,IP:127.0.0.1")
        from tests.helpers.broker_processes import free_port

        self.tls_port = free_port()

    def _prepare(self) -> dict[str, str]:
        environment = super()._prepare()
        with (self._folder / "conf" / "rabbitmq.conf").open("a") as file:
            file.write(
                f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}\nssl_options.cacertfile = {self.authority.cert}\n"
                f"ssl_options.certfile = {self.server.cert}\nssl_options.keyfile = {self.server.key}\n"
                "ssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = true\n"
            )
        return environment


@pytest.fixture(scope="module")
def tls_rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsRabbitMQ]:
    if find_rabbitmq_server() is None:
        pytest.skip(NEEDS_RABBITMQ)
    broker = TlsRabbitMQ(tmp_path_factory.mktemp("tls"))
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.mark.real_broker
async def test_tls_to_rabbitmq_with_and_without_the_certificate_it_asks_for(tls_rabbitmq: TlsRabbitMQ) -> None:
    ours = tls_rabbitmq.authority.sign("client", "DNS:client")
    settings = settings_of(tls_rabbitmq, tls=True, port=tls_rabbitmq.tls_port, ca_file=str(tls_rabbitmq.authority.cert))
    whole = await walked(replace(settings, cert_file=str(ours.cert), key_file=str(ours.key)))
    assert {result.outcome.value for result in whole.values()} == {"passed", "skipped"}
    assert "localhost" in whole["tls"].found
    without = await walked(settings)
    assert code_of(without["tls"]) == "certificate-refused"
    assert without["protocol"].outcome is wire.TestOutcome.SKIPPED


@pytest.mark.real_broker
async def test_plain_and_tls_are_told_apart_on_rabbitmq(tls_rabbitmq: TlsRabbitMQ) -> None:
    plain = await walked(settings_of(tls_rabbitmq, port=tls_rabbitmq.tls_port))
    assert code_of(plain["protocol"]) == "port-wants-tls"
    ca_file = str(tls_rabbitmq.authority.cert)
    secure = await walked(settings_of(tls_rabbitmq, tls=True, ca_file=ca_file))
    assert code_of(secure["tls"]) == "port-speaks-plain"
