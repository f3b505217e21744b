"""Connections over the real app: kept, checked, tested, and no secret in any answer."""

import re
from collections.abc import AsyncIterator, Awaitable
from dataclasses import asdict
from pathlib import Path

import pytest

from embedded_server.contracts.connections import RabbitSettings, Secret
from embedded_server.settings import Settings
from tests.helpers.server import Running, running_server, until
from tests.unit.connections.fakes import save_of


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    async with running_server(Settings(data_dir=tmp_path, brokers=False)) as running:
        await running.sign_in()
        yield running


SECRET = "Wg7-secret"


def body_of(name: str = "orders", **changes: object) -> dict[str, object]:
    return {**asdict(save_of(name, {Secret.PASSWORD: SECRET})), **changes}


async def test_a_connection_lives_its_whole_life_over_http(server: Running) -> None:
    client = server.client
    added = (await client.post("/connections", json=body_of())).json()
    id_ = added["id"]
    assert (added["url"], added["secret"], added["health"]["state"]) == ("amqp://ada@rabbit.example:5672/%2F", "memory", "idle")
    copy = (await client.post(f"/connections/{id_}/duplicate")).json()
    changed = await client.put(f"/connections/{id_}", json={"spec": asdict(save_of("paid").spec)})
    assert (changed.json()["spec"]["name"], changed.json()["secret"]) == ("paid", "memory")
    listed = (await client.put("/connections/order", json=[copy["id"], id_])).json()
    assert [one["spec"]["name"] for one in listed["connections"]] == ["embedded", "orders 2", "paid"]
    assert listed["keyring"] is False
    exported = (await client.get("/connections/export")).json()
    assert (await client.delete(f"/connections/{copy['id']}")).status_code == 204
    again = (await client.post("/connections/import", json=exported)).json()
    assert [one["spec"]["name"] for one in again["connections"]] == ["embedded", "paid", "orders 2", "paid 2"]
    assert (await client.put(f"/connections/{id_}/secrets", json={"secrets": {"password": ""}})).json()["secret"] == "none"
    assert (await client.post(f"/connections/{id_}/disconnect")).json()["health"]["state"] == "idle"
    assert (await client.get("/connections/nobody")).status_code == 404


async def test_a_url_is_taken_apart(server: Running) -> None:
    answer = await server.client.post("/connections/parse", json={"url": f"amqps://ada:{SECRET}@rabbit.example/orders"})
    found = answer.json()
    assert found["spec"]["rabbitmq"]["vhost"] == "orders"
    assert found["secrets"] == {"password": SECRET}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/connections", body_of(spec=5)),
        ("/connections", body_of(secrets=SECRET)),
        ("/connections", body_of(secrets={"pass": SECRET})),
        ("/connections", body_of(secrets={"password": [SECRET]})),
        ("/connections", {**body_of(), "spec": {**asdict(save_of().spec), "rabbitmq": None}}),
        ("/connections/parse", {"url": f"http://ada:{SECRET}@h"}),
        ("/connections/parse", {"url": f"amqp://ada:{SECRET}/@h"}),
        ("/connections/import", {"connections": [{"name": SECRET}]}),
    ],
)
async def test_no_refusal_repeats_a_secret(server: Running, path: str, body: dict[str, object]) -> None:
    answer = await server.client.post(path, json=body)
    assert answer.status_code in {400, 422}
    assert answer.json()["hint"]
    assert SECRET not in answer.text


async def test_no_secret_is_in_an_answer_the_log_the_journal_or_a_file(server: Running, tmp_path: Path) -> None:
    settings = RabbitSettings("127.0.0.1", 1, user="ada")
    added = await server.client.post("/connections", json={**body_of(), "spec": asdict(save_of(settings=settings).spec)})
    report = await server.client.post(f"/connections/{added.json()['id']}/test")
    answers = [added, report, await server.client.get("/connections"), await server.client.get("/events", params={"limit": 500})]
    assert not [answer for answer in answers if SECRET in answer.text]
    assert report.json()["results"][1]["outcome"] == "failed"
    assert files_with(tmp_path, SECRET) == []


def files_with(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and re.search(text.encode(), path.read_bytes())]


async def test_every_route_wants_a_token(server: Running) -> None:
    del server.client.headers["Authorization"]
    for method, path in (("GET", "/connections"), ("POST", "/connections/parse"), ("POST", "/connections/x/test")):
        assert (await server.client.request(method, path, json={})).status_code == 401


async def test_a_connection_opens_follows_its_settings_and_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    async with running_server(Settings(data_dir=tmp_path, worker=False)) as server:
        await server.sign_in()
        client = server.client

        async def state_of(id_: str) -> str:
            return str((await client.get(f"/connections/{id_}")).json()["health"]["state"])

        async def embedded_port() -> int:
            rabbit = (await client.get("/connections/embedded")).json()["spec"]["rabbitmq"]
            report = (await client.post("/connections/embedded/test")).json()["results"]
            return int(rabbit["port"]) if {one["outcome"] for one in report} <= {"passed", "skipped"} else 0

        port = await until(embedded_port, 30)
        settings = RabbitSettings("127.0.0.1", port, management=False)
        id_ = (await client.post("/connections", json=asdict(save_of("mine", settings=settings)))).json()["id"]
        assert await state_of(id_) == "idle"
        await client.post(f"/connections/{id_}/reconnect")
        await until(lambda: _is(state_of(id_), "open"))
        wrong = save_of("mine", {Secret.PASSWORD: SECRET}, settings)
        await client.put(f"/connections/{id_}", json=asdict(wrong))
        await until(lambda: _is(state_of(id_), "idle"))
        await client.post(f"/connections/{id_}/reconnect")
        await until(lambda: _is(state_of(id_), "failed"))
        refused = (await client.get(f"/connections/{id_}")).json()["health"]["problem"]
        assert refused["type"].endswith(":login-refused")
        await client.put(f"/connections/{id_}/secrets", json={"secrets": {"password": ""}})
        await client.post(f"/connections/{id_}/reconnect")
        await until(lambda: _is(state_of(id_), "open"))
        await client.post(f"/connections/{id_}/disconnect")
        assert await state_of(id_) != "open"
        assert (await client.delete(f"/connections/{id_}")).status_code == 204


async def _is(asked: Awaitable[str], wanted: str) -> bool:
    return await asked == wanted
