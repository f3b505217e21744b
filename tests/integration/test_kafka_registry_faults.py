"""A Schema Registry that refuses, breaks or is none: each is said in words, and asked once though a flood of records needs it."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, KafkaSettings, Secret
from embedded_server.contracts.kafka import Format, Reading
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile
from embedded_server.kafka.decoding.local import LocalSchemas
from embedded_server.kafka.decoding.lookups import RegistryCodecs
from embedded_server.kafka.decoding.registry import Registry
from embedded_server.kafka.decoding.report import Reporter
from embedded_server.kafka.decoding.sides import SideReader
from tests.helpers.broker_processes import free_port
from tests.helpers.server import until

DATA = b"\x00\x00\x00\x00\x07\x0e"
LONG = {"schema": '"long"'}


class Pretender(ThreadingHTTPServer):
    """Answers every path alike, unless it has an answer of its own, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.headers: dict[str, str] = {"Content-Type": "application/json"}
        self.body: Any = LONG
        self.answers: dict[str, Any] = {}
        self.statuses: dict[str, int] = {}
        self.asked: list[str] = []
        self.users: list[str] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Pretender

    def do_GET(self) -> None:
        pretender = self.server
        pretender.asked.append(self.path)
        pretender.users.append(self.headers.get("Authorization", ""))
        found = pretender.answers.get(self.path, pretender.body)
        data = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response(pretender.statuses.get(self.path, pretender.status))
        for name, value in pretender.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def pretender() -> Iterator[Pretender]:
    made = Pretender()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def registry_at(url: str, user: str = "") -> Registry:
    settings = KafkaSettings("127.0.0.1:1", registry_url=url, registry_user=user)
    spec = ConnectionSpec("shop", ConnectionKind.KAFKA, kafka=settings)
    return Registry(Profile("c1", spec, {Secret.REGISTRY_PASSWORD: "hush"}))


def failure(registry: Registry) -> UserFacingError:
    with pytest.raises(UserFacingError) as caught:
        registry.schema(7)
    registry.close()
    assert "hush" not in str(caught.value) + caught.value.detail
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, {"error_code": 401, "message": "Unauthorized"}, "refuses the user “ann”"),
        (403, {"error_code": 40301, "message": "Denied"}, "The user “ann” may not read schema 7"),
        (404, {"error_code": 40403, "message": "Schema not found"}, "has no schema 7"),
        (404, b"<html>no such page", "There is no Schema Registry at"),
        (404, {"error_code": 0, "message": "no resource"}, "There is no Schema Registry at"),
        (500, {"error_code": 50001, "message": "Error in the backend"}, "failed: 500 Error in the backend"),
        (200, b"<html>hello", "There is no Schema Registry at"),
        (200, {"schema": "x", "schemaType": "THRIFT"}, "Schema 7 is of the type THRIFT"),
        (302, {}, "redirects to http://elsewhere/x"),
        (200, {"status": "ok"}, "There is no Schema Registry at"),
        (200, ["schema"], "There is no Schema Registry at"),
        (200, {"schema": '"long"', "references": [{"name": "a"}]}, "There is no Schema Registry at"),
        (404, {"error_code": "not_found", "message": "no route"}, "There is no Schema Registry at"),
        (422, {"error_code": [], "message": "no route"}, "There is no Schema Registry at"),
    ],
)
def test_an_answer_that_is_none_is_told(pretender: Pretender, status: int, body: Any, said: str) -> None:
    pretender.status, pretender.body = status, body
    pretender.headers["Location"] = "http://elsewhere/x?token=hush"
    assert said in str(failure(registry_at(f"http://{pretender.address}", "ann")))
    assert base64.b64decode(pretender.users[0].removeprefix("Basic ")) == b"ann:hush"


@pytest.mark.parametrize("body", [{"subjects": []}, {}, ["orders-value"]])
def test_json_of_another_server_is_no_list_of_subjects(pretender: Pretender, body: Any) -> None:
    """Also where its list is one, and what stands under its names is none."""
    pretender.body = {"status": "ok"}
    pretender.answers["/subjects"] = body
    registry = registry_at(f"http://{pretender.address}")
    with pytest.raises(UserFacingError, match="There is no Schema Registry at"):
        registry.subjects()
    assert registry.usage(7) is None
    registry.close()


def test_a_slow_registry_is_told(pretender: Pretender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.kafka.decoding.registry_http.ANSWER_LIMIT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        problem = failure(registry_at(f"http://127.0.0.1:{silent.getsockname()[1]}"))
    assert (problem.code, "within 0.1 s" in str(problem)) == ("registry-timed-out", True)


def test_a_reference_whose_subject_was_deleted_is_named(pretender: Pretender) -> None:
    found = registry_at(f"http://{pretender.address}")
    pretender.answers["/schemas/ids/7"] = {"schema": '"long"', "references": [{"name": "a", "subject": "money", "version": 2}]}
    pretender.statuses["/subjects/money/versions/2"] = 404
    pretender.answers["/subjects/money/versions/2"] = {"error_code": 40401, "message": "Subject 'money' not found."}
    assert "has nothing called “money, version 2”" in str(failure(found))


def test_where_nobody_is_or_no_tls_is_spoken_it_is_told(pretender: Pretender) -> None:
    assert failure(registry_at(f"127.0.0.1:{free_port()}")).code == "registry-unreachable"
    assert failure(registry_at(f"https://{pretender.address}")).code == "registry-tls-failed"
    assert failure(registry_at("http://registry.invalid:1")).code in {"registry-host-unknown", "registry-unreachable"}
    for url in ("ftp://x", "http://", "http://x:99999"):
        with pytest.raises(UserFacingError, match="is not a URL of a Schema Registry"):
            registry_at(url)


def test_references_are_resolved_through_each_other_and_not_without_end(pretender: Pretender) -> None:
    reference = {"name": "a.avsc", "subject": "a", "version": 1}
    pretender.body = {"schema": '"long"', "references": [reference]}
    found = registry_at(f"http://{pretender.address}")
    assert found.schema(7).imports == {"a.avsc": '"long"'}
    assert pretender.asked == ["/schemas/ids/7", "/subjects/a/versions/1"], "a circle is gone through once"
    for number in range(300):
        other = {"name": f"n{number + 1}", "subject": f"n{number + 1}", "version": 1}
        pretender.answers[f"/subjects/n{number}/versions/1"] = {"schema": '"long"', "references": [other]}
    pretender.body = {"schema": '"long"', "references": [{"name": "n0", "subject": "n0", "version": 1}]}
    with pytest.raises(UserFacingError, match="refers to more than 200 others"):
        found.schema(8)
    found.close()


@pytest.mark.parametrize("fails", [False, True])
def test_a_flood_of_records_asks_once(pretender: Pretender, tmp_path: Path, fails: bool) -> None:
    pretender.status = 500 if fails else 200
    codecs = RegistryCodecs(registry_at(f"http://{pretender.address}"))
    local = LocalSchemas(tmp_path / "schemas.json")
    reader = SideReader(Reading(Format.AUTO), codecs, local)
    threads = [threading.Thread(target=lambda: [reader.preview(DATA) for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reader.preview(DATA) == ("00 00 00 00 07 0e" if fails else "7")
    assert pretender.asked.count("/schemas/ids/7") == 1
    decoded = Reporter(codecs, local).read(DATA, Reading())
    assert [attempt.problem.type.rpartition(":")[2] for attempt in decoded.attempts][:1] == (["registry-fails"] if fails else [])
    codecs.close()


def test_numbers_that_only_look_like_ids_do_not_flood_the_registry(pretender: Pretender, tmp_path: Path) -> None:
    pretender.status, pretender.body = 404, {"error_code": 40403, "message": "Schema not found"}
    codecs = RegistryCodecs(registry_at(f"http://{pretender.address}"))
    local = LocalSchemas(tmp_path / "schemas.json")
    reader = SideReader(Reading(Format.AUTO), codecs, local)
    for number in range(500):
        assert reader.preview(b"\x00" + number.to_bytes(4, "big") + b"\xff").endswith("ff")
    assert len(pretender.asked) == 20
    Reporter(codecs, local).read(b"\x00\x00\x00\x01\xff\x01", Reading())
    assert pretender.asked[-1] == "/schemas/ids/511", "for the report on one record it is asked all the same"
    codecs.close()


def test_bytes_that_cannot_be_an_id_do_not_keep_the_registry_from_being_asked(pretender: Pretender, tmp_path: Path) -> None:
    codecs = RegistryCodecs(registry_at(f"http://{pretender.address}"))
    reader = SideReader(Reading(Format.AUTO), codecs, LocalSchemas(tmp_path / "schemas.json"))
    for number in range(100):
        assert reader.preview(b"\x00" + (0xA6DC4D1E + number).to_bytes(4, "big") + b"\xff").endswith("ff")
    assert pretender.asked == []
    assert reader.preview(DATA) == "7"
    codecs.close()


async def test_the_loop_never_waits_for_a_registry(pretender: Pretender, tmp_path: Path) -> None:
    codecs = RegistryCodecs(registry_at(f"http://{pretender.address}"))
    reader = SideReader(Reading(Format.AUTO), codecs, LocalSchemas(tmp_path / "schemas.json"))
    assert reader.preview(DATA) == "00 00 00 00 07 0e"

    async def is_known() -> bool:
        return reader.preview(DATA) == "7"

    assert await until(is_known)
    codecs.close()
