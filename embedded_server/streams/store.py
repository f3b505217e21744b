"""Keeps the list of streams in one file that only its owner can read: headers may carry secrets, and are stored as they are."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from embedded_server.contracts.streams import StreamKind, StreamSpec
from embedded_server.core.json_store import JsonStore
from embedded_server.streams.problems import StreamStoreUnwritable

_VERSION: Final = 1


class StreamStore:
    """The file of streams. All of it blocks: call it off the loop."""

    def __init__(self, path: Path) -> None:
        self._file = JsonStore(path)

    @property
    def set_aside(self) -> str:
        """Where a file that could not be read was put, or nothing."""
        return self._file.set_aside

    def load(self) -> dict[str, StreamSpec]:
        """Answer the streams by id. A damaged file is set aside, never deleted."""
        try:
            return self._file.load(_streams, {})
        except OSError as exc:
            raise StreamStoreUnwritable(path=str(self._file.path), detail=str(exc)) from exc

    def save(self, streams: Mapping[str, StreamSpec]) -> None:
        """Replace the file. Raises `StreamStoreUnwritable`, and then the old one is untouched."""
        value = {"version": _VERSION, "streams": [{"id": id_, "spec": asdict(spec)} for id_, spec in streams.items()]}
        try:
            self._file.save(value)
        except OSError as exc:
            raise StreamStoreUnwritable(path=str(self._file.path), detail=str(exc)) from exc


def _streams(value: dict[str, Any]) -> dict[str, StreamSpec]:
    return {str(entry["id"]): _spec(entry["spec"]) for entry in value["streams"]}


def _spec(value: dict[str, Any]) -> StreamSpec:
    return StreamSpec(
        name=str(value["name"]),
        kind=StreamKind(value["kind"]),
        url=str(value["url"]),
        method=str(value.get("method", "GET")),
        headers={str(name): str(text) for name, text in value.get("headers", {}).items()},
        body=str(value.get("body", "")),
        subprotocols=[str(name) for name in value.get("subprotocols", [])],
        reconnect=bool(value.get("reconnect", True)),
    )
