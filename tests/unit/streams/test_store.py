"""The file of streams: private, replaced whole, and set aside rather than lost."""

import os
import stat
from pathlib import Path

import pytest

from embedded_server.contracts.streams import StreamKind, StreamSpec
from embedded_server.streams.problems import StreamStoreUnwritable
from embedded_server.streams.store import StreamStore

SPEC = StreamSpec("n", StreamKind.WEBSOCKET, "wss://h", headers={"Authorization": "Bearer s"}, subprotocols=["v1"], reconnect=False)


def test_what_is_saved_is_loaded_in_order(tmp_path: Path) -> None:
    store = StreamStore(tmp_path / "new" / "streams.json")
    assert store.load() == {}
    store.save({"b": SPEC, "a": SPEC})
    assert list(store.load().items()) == [("b", SPEC), ("a", SPEC)]


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "streams.json"
    StreamStore(path).save({"a": SPEC})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"streams": [{"id": "a"}]}',
        b'{"streams": [{"id": "a", "spec": {"name": "n", "kind": "telex", "url": ""}}]}',
        b"\xff",
    ],
)
def test_a_damaged_file_is_set_aside_and_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "streams.json"
    path.write_bytes(content)
    store = StreamStore(path)
    assert store.load() == {}
    assert Path(store.set_aside).read_bytes() == content
    store.save({"a": SPEC})
    assert StreamStore(path).load() == {"a": SPEC}


def test_a_folder_that_cannot_be_made_is_a_clear_problem(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StreamStoreUnwritable):
        StreamStore(tmp_path / "file" / "streams.json").save({})
