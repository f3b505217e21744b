"""Every method of the window's RabbitMQ service asks what the server offers: path, method, parameters and body."""

import inspect
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from desktop.services.rabbitmq import QUEUE_SORTS, RabbitService
from embedded_server.api.application import make_app
from embedded_server.contracts import rabbitmq as wire
from embedded_server.settings import Settings

C = "shop 1"
MESSAGE = wire.Message("/", "orders", "order.paid")
CALLS: dict[str, tuple[Any, ...]] = {
    "overview": (C,),
    "queues": (C,),
    "queue": (C, "/", "q"),
    "exchanges": (C, "/"),
    "bindings": (C, "/"),
    "topology": (C, "/"),
    "clients": (C,),
    "channels": (C, "client"),
    "consumers": (C, "/", "q"),
    "close_client": (C, "client", "why"),
    "route": (C, wire.RouteQuery("/", "orders", "k")),
    "declare_exchange": (C, wire.DeclareExchange("/", "x")),
    "declare_queue": (C, wire.DeclareQueue("/", "q")),
    "bind": (C, wire.BindingRequest("/", "x", "q")),
    "unbind": (C, wire.BindingRequest("/", "x", "q")),
    "destroy": (C, wire.Destroy("/", wire.Target.QUEUE, "q")),
    "definitions": (C, "/"),
    "import_definitions": (C, {"queues": []}, "/"),
    "publish": (C, MESSAGE),
    "bulk": (C, wire.BulkPublish(MESSAGE, 3)),
    "tap": (C, wire.TapRequest("/", "x")),
    "consume": (C, wire.ConsumeRequest("/", "q")),
    "get_messages": (C, wire.GetRequest("/", "q")),
    "read_stream": (C, wire.StreamRead("/", "q")),
    "move": (C, wire.MoveRequest("/", "q")),
    "redrive": (C, wire.RedriveRequest("/", "q")),
    "generated_fields": (),
    "fill": (MESSAGE,),
    "templates": (),
    "save_template": (wire.PublishTemplate("t", MESSAGE),),
    "remove_template": ("t",),
    "jobs": (C,),
    "job": ("j 1",),
    "stop_job": ("j 1",),
    "forget_job": ("j 1",),
}
OTHERS = {"set_tracing", "upload", "upload_file"}
"""Called below: a keyword of their own, bytes, and a file."""


class Recorder:
    """Remembers the one request it was asked to make."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, Any, dict[str, Any]]] = []

    async def get(self, path: str, _type: Any, **query: Any) -> Any:
        self.made.append(("get", path, None, query))

    async def post(self, path: str, body: Any = None, _type: Any = None, *, timeout_s: float = 0, **query: Any) -> Any:
        self.made.append(("post", path, body, query))

    async def put(self, path: str, body: Any = None, _type: Any = None, **query: Any) -> Any:
        self.made.append(("put", path, body, query))

    async def send_file(self, path: str, _file: Path, _type: Any, _progress: Any) -> Any:
        self.made.append(("post", path, b"", {}))

    async def delete(self, path: str) -> None:
        self.made.append(("delete", path, None, {}))


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield

    return make_app(Settings(data_dir=Path(tmp_path_factory.mktemp("data"))), lifespan).openapi()


def operation(description: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """Answer the operation a request reaches: what is written out goes before what is a parameter."""
    for template in sorted(description["paths"], key=lambda one: one.count("{")):
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method in description["paths"][template]:
            found: dict[str, Any] = description["paths"][template][method]
            return found
    raise AssertionError(f"the server has no {method.upper()} {path}")


def check(description: dict[str, Any], made: tuple[str, str, Any, dict[str, Any]]) -> None:
    method, path, body, query = made
    asked = operation(description, method, path)
    known = {one["name"] for one in asked.get("parameters", []) if one["in"] == "query"}
    needed = {one["name"] for one in asked.get("parameters", []) if one["in"] == "query" and one.get("required")}
    given = {name for name, value in query.items() if value is not None}
    assert given <= known, f"{path} knows no {given - known}"
    assert needed <= given, f"{path} needs {needed - given}"
    assert ("requestBody" in asked) == (body is not None), f"{path} takes a body, or takes none"
    if body is None or isinstance(body, bytes):
        return
    schema = asked["requestBody"]["content"]["application/json"]["schema"]
    if "$ref" not in schema:
        return
    fields = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    sent = asdict(body) if is_dataclass(body) and not isinstance(body, type) else body
    assert set(sent) <= set(fields["properties"])
    assert set(fields.get("required", [])) <= set(sent)


def test_every_method_is_called_here() -> None:
    methods = {name for name, _ in inspect.getmembers(RabbitService, inspect.iscoroutinefunction)}
    assert methods == set(CALLS) | OTHERS


@pytest.mark.parametrize("name", CALLS)
async def test_a_method_asks_what_the_server_offers(description: dict[str, Any], name: str) -> None:
    recorder = Recorder()
    await getattr(RabbitService(recorder), name)(*CALLS[name])  # type: ignore[arg-type]  # it records instead
    check(description, recorder.made[0])


async def test_the_rest_ask_what_the_server_offers_too(description: dict[str, Any]) -> None:
    recorder = Recorder()
    service = RabbitService(recorder)  # type: ignore[arg-type]  # it records instead
    await service.set_tracing(C, "/", on=True)
    await service.queues(C, vhost="/", search="a", sort="ready", descending=True, page=2, page_size=50)
    await service.bindings(C, "/", exchange="x", queue="q")
    await service.upload(b"body")
    await service.upload_file(Path("body.bin"))
    for made in recorder.made:
        check(description, made)


def test_the_orders_of_the_queues_are_those_the_server_knows(description: dict[str, Any]) -> None:
    parameters = operation(description, "get", "/rabbitmq/c/queues")["parameters"]
    sort = next(one for one in parameters if one["name"] == "sort")["schema"]
    named = sort.get("enum") or description["components"]["schemas"][sort["$ref"].rpartition("/")[2]]["enum"]
    assert set(QUEUE_SORTS) == set(named)


def test_drafts_outlive_forms_and_belong_to_who_typed_them() -> None:
    service = RabbitService(Recorder())  # type: ignore[arg-type]  # nothing is asked
    service.keep_drafts_of("ada")
    service.keep_draft("publish", MESSAGE)
    assert service.draft("publish", wire.Message("/", "", "")) is MESSAGE
    assert service.draft("publish", 7) == 7
    service.keep_drafts_of("ada")
    assert service.draft("publish", wire.Message("/", "", "")) is MESSAGE
    service.keep_drafts_of("eve")
    assert service.draft("publish", None) is None
