"""What the user types for a stream: tidied, checked, resolved."""

from dataclasses import replace

import pytest

from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.streams import StreamKind, StreamSpec
from embedded_server.streams.problems import (
    HubAccessMissing,
    StreamHeaderInvalid,
    StreamMethodInvalid,
    StreamNameInvalid,
    StreamUrlInvalid,
    SubprotocolInvalid,
    TopicNameInvalid,
    TopicsMissing,
)
from embedded_server.streams.spec import HubAccess, check_spec, resolve

SSE = StreamSpec("orders", StreamKind.SSE, "https://h/p")
WS = StreamSpec("prices", StreamKind.WEBSOCKET, "wss://h/p")


def test_a_good_spec_is_tidied() -> None:
    checked = check_spec(replace(SSE, name=" orders ", url=" https://h/p ", method="post", headers={" X-A ": " b "}))
    assert checked == replace(SSE, method="POST", headers={"X-A": "b"})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h/p",
        "ftp://h/p",
        "ws://h/p",
        "http://",
        "http:///p",
        "http://h:99999/",
        "http://h:0/",
        "http://[::1/p",
        "http://h/a b",
        "http://h/\x00",
    ],
)
def test_what_is_no_http_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(StreamUrlInvalid) as caught:
        check_spec(replace(SSE, url=url))
    assert "https://host/path" in caught.value.problem().hint


@pytest.mark.parametrize("url", ["http://h/p", "hub", "wss://"])
def test_what_is_no_websocket_url_is_refused(url: str) -> None:
    with pytest.raises(StreamUrlInvalid):
        check_spec(replace(WS, url=url))


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (replace(SSE, name=" "), StreamNameInvalid),
        (replace(SSE, name="a\nb"), StreamNameInvalid),
        (replace(SSE, name="x" * 81), StreamNameInvalid),
        (replace(SSE, method="GE T"), StreamMethodInvalid),
        (replace(SSE, method="CONNECT"), StreamMethodInvalid),
        (replace(WS, method="POST"), StreamMethodInvalid),
        (replace(WS, body="x"), StreamMethodInvalid),
        (replace(SSE, headers={"a b": "c"}), StreamHeaderInvalid),
        (replace(SSE, headers={"": "c"}), StreamHeaderInvalid),
        (replace(SSE, headers={"X": "a\r\nY: b"}), StreamHeaderInvalid),
        (replace(SSE, headers={"X": "總機"}), StreamHeaderInvalid),
        (replace(SSE, headers={"Host": "evil"}), StreamHeaderInvalid),
        (replace(WS, headers={"Sec-WebSocket-Key": "x"}), StreamHeaderInvalid),
        (replace(WS, subprotocols=["a b"]), SubprotocolInvalid),
        (replace(SSE, subprotocols=["a"]), SubprotocolInvalid),
        (replace(SSE, url="hub:"), TopicsMissing),
        (replace(SSE, url="hub:a b"), TopicNameInvalid),
    ],
)
def test_every_field_is_checked_and_says_what_to_do(spec: StreamSpec, problem: type[UserFacingError]) -> None:
    with pytest.raises(problem) as caught:
        check_spec(spec)
    assert caught.value.problem().hint


def test_a_hub_stream_goes_over_loopback_with_the_openers_session() -> None:
    access = HubAccess("127.0.0.1", 8000, "Bearer t")
    target = resolve(replace(SSE, url="hub:tasks,server"), access)
    assert target.url == "http://127.0.0.1:8000/hub/sse?topic=server&topic=tasks"
    assert target.headers == {"Authorization": "Bearer t"}
    assert target.subject == "hub:tasks,server"
    assert target.ours
    assert resolve(replace(WS, url="hub:a"), HubAccess("::1", 1, "", secure=True)).url == "wss://[::1]:1/hub/ws?topic=a"


def test_a_hub_stream_without_a_session_says_so() -> None:
    with pytest.raises(HubAccessMissing):
        resolve(replace(SSE, url="hub:tasks"), None)


def test_another_stream_never_gets_the_openers_session() -> None:
    target = resolve(SSE, HubAccess("127.0.0.1", 8000, "Bearer t"))
    assert target.headers == {}
    assert not target.ours
