"""Celery's messages, made by Celery itself, read without it."""

import json
import zlib
from typing import Any

import pytest
from celery import Celery
from hypothesis import given
from hypothesis import strategies as st
from kombu import serialization

from desktop.core.rabbitmq_celery import CeleryTask, celery_task
from desktop.core.rabbitmq_unpack import unpack
from embedded_server.contracts.rabbitmq import Properties

dumps: Any = serialization.dumps
ID = "0b3c1d50-6f54-4b1e-9a53-000000000001"
JSON = Properties(content_type="application/json", content_encoding="utf-8")


@pytest.fixture(scope="module")
def app() -> Celery:
    return Celery("shop", broker="memory://", set_as_current=False)


def read(message: Any, *, form: str = "json") -> CeleryTask | None:
    """Read a message as Celery makes it, after a trip as JSON, as the journal keeps it."""
    content_type, encoding, body = dumps(message.body, form)
    raw = body if isinstance(body, bytes) else body.encode()
    headers = json.loads(json.dumps(message.headers, default=str))
    return celery_task(headers, Properties(content_type=content_type, content_encoding=encoding), raw)


def test_protocol_2_tells_task_arguments_times_and_family(app: Celery) -> None:
    task = read(
        app.amqp.as_task_v2(
            ID,
            "shop.charge",
            args=[1, {"a": "ü"}],
            kwargs={"notify": True},
            countdown=10,
            expires=60,
            retries=2,
            root_id="root",
            parent_id="parent",
            group_id="group",
            time_limit=300,
            soft_time_limit=240,
            origin="gen7@web-1",
        )
    )
    assert task is not None
    assert (task.protocol, task.name, task.id, task.retries) == (2, "shop.charge", ID, 2)
    assert (task.args, task.kwargs) == ('[1, {"a": "ü"}]', '{"notify": true}')
    assert (task.root, task.parent, task.group, task.origin) == ("root", "parent", "group", "gen7@web-1")
    assert task.time_limits == "soft 240 s, hard 300 s"
    assert task.eta < task.expires
    assert [name for name, _ in task.rows][:3] == ["Arguments", "Keywords", "Id"]


def test_what_follows_a_task_stands_in_the_order_it_will_run(app: Celery) -> None:
    chain = [app.signature("shop.last"), app.signature("shop.next", args=(7,), kwargs={"now": True})]
    task = read(
        app.amqp.as_task_v2(ID, "shop.first", chain=chain, callbacks=[app.signature("shop.praise")], errbacks=[app.signature("shop.alert")])
    )
    assert task is not None
    assert dict(task.embedded) == {
        "then": "shop.next(7, now=true) → shop.last()",
        "on success": "shop.praise()",
        "on failure": "shop.alert()",
    }


def test_a_chord_names_the_task_that_waits_for_the_group(app: Celery) -> None:
    task = read(app.amqp.as_task_v2(ID, "shop.part", chord=app.signature("shop.sum", args=(1,)), group_id="g"))
    assert task is not None
    assert dict(task.embedded) == {"chord": "shop.sum(1)"}


def test_protocol_1_is_read_from_its_body(app: Celery) -> None:
    task = read(app.amqp.as_task_v1(ID, "shop.charge", args=[1], kwargs={"x": 2}, countdown=10, retries=1, group_id="g"))
    assert task is not None
    assert (task.protocol, task.name, task.id, task.args, task.kwargs, task.retries) == (1, "shop.charge", ID, "[1]", '{"x": 2}', 1)
    assert task.eta
    assert task.group == "g"


@pytest.mark.parametrize("form", ["pickle", "yaml"])
def test_a_body_that_is_no_json_is_told_by_its_headers_and_never_loaded(app: Celery, form: str) -> None:
    message = app.amqp.as_task_v2(ID, "shop.charge", args=[1, "two"], kwargs={"x": 2})
    if form == "pickle":
        import pickle

        raw = pickle.dumps((1,))
        task = celery_task(message.headers, Properties(content_type="application/x-python-serialize"), raw)
    else:
        task = celery_task(message.headers, Properties(content_type="application/x-yaml"), b"- [1]")
    assert task is not None
    assert (task.args, task.kwargs) == ("[1, 'two']", "{'x': 2}")
    assert "never unpickled" in task.note


def test_a_compressed_task_is_unpacked_although_its_form_is_named_wrongly(app: Celery) -> None:
    message = app.amqp.as_task_v2(ID, "shop.charge", args=[1])
    _, _, body = dumps(message.body, "json")
    unpacked = unpack(zlib.compress(body.encode()), "utf-8", "application/x-gzip")
    assert unpacked.form == "zlib"
    task = celery_task(message.headers, JSON, unpacked.data)
    assert task is not None
    assert task.args == "[1]"


@pytest.mark.parametrize(
    "body", [b"[1, {}, {}]", b"null", b"{broken", b"[[1], {}", b"\xff\xfe", b"", b"[" * 100_000, b'[{"a": 1}, [], 3]', b"[[], {}, []]"]
)
def test_a_body_of_another_shape_is_said_to_be_so_or_read_as_far_as_it_goes(body: bytes) -> None:
    task = celery_task({"task": "t", "id": "i", "argsrepr": "(1,)"}, JSON, body)
    assert task is not None
    assert task.note or task.args == "[]"


def test_what_is_no_task_is_none() -> None:
    assert celery_task({"task": 3, "id": "x"}, JSON, b"{}") is None
    assert celery_task({}, JSON, b'{"task": "t", "id": "i", "args": 5}') is None
    assert celery_task({}, Properties(content_type="text/plain"), b'{"task": "t", "id": "i"}') is None
    assert celery_task({}, JSON, b'{"order_id": 7}') is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
headers = st.dictionaries(
    st.sampled_from(["task", "id", "eta", "retries", "timelimit", "root_id", "argsrepr", "group", "origin"]), json_values, max_size=9
)


@given(headers, json_values, st.sampled_from(["application/json", "", "x; y", None]))
def test_whatever_a_message_holds_reading_it_never_raises(found: dict[str, Any], body: Any, content_type: str | None) -> None:
    task = celery_task({"task": "t", "id": "i"} | found, Properties(content_type=content_type), json.dumps(body).encode())
    assert task is None or all(isinstance(text, str) for row in task.rows for text in row)
    celery_task({}, Properties(content_type=content_type), json.dumps({"task": "t", "id": "i", "args": [], "embed": body}).encode())
