"""Keeps the list of connections in one private file: their settings and which secrets each has, never the secrets."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from embedded_server.connections.problems import ConnectionStoreUnwritable
from embedded_server.contracts.connections import (
    Colour,
    ConnectionKind,
    ConnectionSpec,
    Environment,
    KafkaSettings,
    RabbitSettings,
    SaslMechanism,
    Secret,
)
from embedded_server.core.json_store import JsonStore

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file holds of a connection."""

    spec: ConnectionSpec
    secrets: frozenset[Secret] = field(default_factory=frozenset)
    """Those it has, wherever they are kept."""


class ConnectionStore:
    """The file of connections. All of it blocks: call it off the loop."""

    def __init__(self, path: Path) -> None:
        self._file = JsonStore(path)

    @property
    def set_aside(self) -> str:
        """Where a file that could not be read was put, or nothing."""
        return self._file.set_aside

    def load(self) -> dict[str, Kept]:
        """Answer the connections by id, in the user's order. A damaged file is set aside, never deleted."""
        try:
            return self._file.load(_read, {})
        except OSError as exc:
            raise ConnectionStoreUnwritable(path=str(self._file.path), detail=str(exc)) from exc

    def save(self, kept: Mapping[str, Kept]) -> None:
        """Replace the file. Raises `ConnectionStoreUnwritable`, and then the old one is untouched."""
        entries = [{"id": id_, "spec": asdict(one.spec), "secrets": sorted(one.secrets)} for id_, one in kept.items()]
        try:
            self._file.save({"version": VERSION, "connections": entries})
        except OSError as exc:
            raise ConnectionStoreUnwritable(path=str(self._file.path), detail=str(exc)) from exc


def _read(value: dict[str, Any]) -> dict[str, Kept]:
    return {
        str(entry["id"]): Kept(spec_of(entry["spec"]), frozenset(Secret(name) for name in entry.get("secrets", [])))
        for entry in value["connections"]
    }


def spec_of(value: dict[str, Any]) -> ConnectionSpec:
    """Read a connection as it was written. Raises `KeyError`, `TypeError` or `ValueError` for what is none."""
    rabbit, kafka = value.get("rabbitmq"), value.get("kafka")
    return ConnectionSpec(
        name=_typed(value, "name", str),
        kind=ConnectionKind(value["kind"]),
        colour=Colour(value.get("colour", Colour.BLUE)),
        environment=Environment(value.get("environment", Environment.DEVELOPMENT)),
        read_only=_typed(value, "read_only", bool, False),
        rabbitmq=None if rabbit is None else _rabbit(rabbit),
        kafka=None if kafka is None else _kafka(kafka),
    )


def _rabbit(value: dict[str, Any]) -> RabbitSettings:
    usual = RabbitSettings(_typed(value, "host", str))
    fields = {name: _typed(value, name, type(default), default) for name, default in asdict(usual).items()}
    return RabbitSettings(**fields)


def _kafka(value: dict[str, Any]) -> KafkaSettings:
    usual = {name: default for name, default in asdict(KafkaSettings(_typed(value, "bootstrap", str))).items() if name != "mechanism"}
    fields = {name: _typed(value, name, type(default), default) for name, default in usual.items()}
    return KafkaSettings(**fields, mechanism=SaslMechanism(value.get("mechanism", SaslMechanism.NONE)))


def _typed(value: dict[str, Any], name: str, type_: type, otherwise: Any = None) -> Any:
    found = value[name] if otherwise is None else value.get(name, otherwise)
    if type(found) is not type_:
        raise TypeError(f"“{name}” is not of the kind it has to be")
    return found
