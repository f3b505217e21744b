"""The stream form: what is typed becomes a stream, or says at which field it does not."""

import pytest

from desktop.core.names import free_name
from desktop.core.streams_draft import Draft, Entry, draft_of, name_for, prepare, url_for_kind
from embedded_server.contracts.streams import MASK, StreamKind, StreamSpec

WS = StreamKind.WEBSOCKET


def test_a_full_form_becomes_a_stream_and_back() -> None:
    draft = Draft("orders", StreamKind.SSE, "https://h/p", "POST", "A: 1\nB: x: y", '{"q": 1}', "", reconnect=False)
    spec = prepare(draft).spec
    assert spec == StreamSpec("orders", StreamKind.SSE, "https://h/p", "POST", {"A": "1", "B": "x: y"}, '{"q": 1}', [], reconnect=False)
    assert draft_of(spec) == draft


def test_a_websocket_drops_what_it_cannot_have_and_splits_its_subprotocols() -> None:
    spec = prepare(Draft(kind=WS, url="wss://h", method="POST", body="left over", subprotocols="v1, v2  v3")).spec
    assert spec is not None
    assert (spec.method, spec.body, spec.subprotocols) == ("GET", "", ["v1", "v2", "v3"])


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        (StreamKind.SSE, ""),
        (StreamKind.SSE, "ws://h"),
        (StreamKind.SSE, "http://"),
        (StreamKind.SSE, "http://[::1"),
        (StreamKind.SSE, "hub:"),
        (WS, "http://h"),
        (WS, "ws://a b"),
    ],
)
def test_a_wrong_url_is_said_at_its_field(kind: StreamKind, url: str) -> None:
    prepared = prepare(Draft(kind=kind, url=url))
    assert prepared.spec is None
    assert [fault.entry for fault in prepared.faults] == [Entry.URL]


def test_a_header_line_without_a_name_is_counted_as_the_user_does() -> None:
    prepared = prepare(Draft(url="http://h", headers="A: 1\n\nnonsense\n"))
    assert [(fault.entry, dict(fault.params)) for fault in prepared.faults] == [(Entry.HEADERS, {"line": "3"})]


def test_hidden_values_travel_back_as_they_came() -> None:
    spec = prepare(Draft(url="http://h", headers=f"Authorization: {MASK}")).spec
    assert spec is not None
    assert spec.headers == {"Authorization": MASK}


@pytest.mark.parametrize(
    ("url", "name"), [("https://h:1/a/b/?q", "h/a/b"), ("hub:tasks", "tasks"), ("ws://h", "h"), ("http://[::1", "http://[::1")]
)
def test_a_stream_without_a_name_is_called_after_its_url(url: str, name: str) -> None:
    assert name_for(url) == name


def test_a_taken_name_gets_a_number() -> None:
    assert free_name("a", {"a", "a 2"}.__contains__) == "a 3"
    assert free_name("b", {"a"}.__contains__) == "b"


@pytest.mark.parametrize(
    ("url", "kind", "expected"),
    [
        ("https://h", WS, "wss://h"),
        ("ws://h", StreamKind.SSE, "http://h"),
        ("hub:a", WS, "hub:a"),
        ("wss://h", WS, "wss://h"),
        ("", WS, ""),
    ],
)
def test_changing_the_kind_changes_the_scheme(url: str, kind: StreamKind, expected: str) -> None:
    assert url_for_kind(url, kind) == expected
