"""Keeps the list of streams in one file that only its owner can read: headers may carry secrets, and are stored as they are."""

import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import orjson

from embedded_server.contracts.streams import StreamKind, StreamSpec
from embedded_server.streams.problems import StreamStoreUnwritable

_VERSION: Final = 1


class StreamStore:
    """A JSON file, written whole and put in place at once. All of it blocks: call it off the loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.set_aside = ""
        """Where a file that could not be read was put, or nothing."""

    def load(self) -> dict[str, StreamSpec]:
        """Answer the streams by id. A damaged file is set aside, never deleted."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise StreamStoreUnwritable(path=str(self._path), detail=str(exc)) from exc
        try:
            return {str(entry["id"]): _spec(entry["spec"]) for entry in orjson.loads(content)["streams"]}
        except (ValueError, KeyError, TypeError, AttributeError):
            aside = self._path.with_name(f"{self._path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{self._path.suffix}")
            self._path.replace(aside)
            self.set_aside = str(aside)
            return {}

    def save(self, streams: Mapping[str, StreamSpec]) -> None:
        """Replace the file. Raises `StreamStoreUnwritable`, and then the old one is untouched."""
        value = {"version": _VERSION, "streams": [{"id": id_, "spec": asdict(spec)} for id_, spec in streams.items()]}
        fresh = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - born private
                file.write(orjson.dumps(value, option=orjson.OPT_INDENT_2))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as exc:
            raise StreamStoreUnwritable(path=str(self._path), detail=str(exc)) from exc


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
