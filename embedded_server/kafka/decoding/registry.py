"""The client of a Schema Registry: the part of Confluent's API that reading and writing records needs.

https://docs.confluent.io/platform/current/schema-registry/develop/api.html. It blocks: call it off the loop. What has an id never
changes, so it is kept; a failure is kept for some seconds, so that a flood of records asks once.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from embedded_server.contracts.connections import KafkaSettings, Secret
from embedded_server.contracts.kafka import Format
from embedded_server.core.profiles import Profile
from embedded_server.kafka.decoding.registry_http import RegistryHttp
from embedded_server.kafka.decoding.registry_problems import (
    ReferencesWithoutEnd,
    RegistryNotThere,
    RegistryProblem,
    SchemaIdUnknown,
    SchemaTypeUnknown,
    SubjectUnknown,
)

MOST_REFERENCES: Final = 200
MOST_LISTED: Final = 500
"""Subjects whose newest version is asked for one by one, where the registry cannot tell all at once."""
_NO_SCHEMA: Final = "JSON that is no schema"
_FORMATS: Final = {"AVRO": Format.AVRO, "JSON": Format.JSON_SCHEMA, "PROTOBUF": Format.PROTOBUF}


@dataclass(frozen=True, slots=True)
class RegistrySchema:
    """A schema with the texts of all it refers to, by the names it uses."""

    id: int
    format: Format
    text: str
    imports: dict[str, str] = field(default_factory=dict)
    subject: str = ""
    version: int | None = None


class Registry:
    """The registry of one connection. Everything it raises is a `UserFacingError`. Any thread may use it."""

    def __init__(self, profile: Profile) -> None:
        settings = profile.spec.kafka
        assert settings is not None
        self._http = RegistryHttp(settings, profile.secrets.get(Secret.REGISTRY_PASSWORD, ""))
        self.address = self._http.address

    # -- asking

    def schema(self, id: int) -> RegistrySchema:
        """Answer the schema of an id with all it refers to."""
        found = self._http.get(f"/schemas/ids/{id}", what=f"schema {id}", missing=SchemaIdUnknown(address=self.address, id=id))
        with self._understood():
            return self._made(found, id)

    def usage(self, id: int) -> tuple[str, int] | None:
        """Answer subject and version of an id, the newest where there are several; None where the registry does not tell."""
        try:
            found = self._http.get(f"/schemas/ids/{id}/versions", what=f"schema {id}", missing=SchemaIdUnknown(address=self.address, id=id))
            with self._understood():
                pairs = [(str(one["subject"]), int(one["version"])) for one in found]
        except RegistryProblem:
            return None
        return max(pairs, key=lambda pair: pair[1], default=None)

    def subject(self, subject: str, version: int | None = None) -> RegistrySchema:
        """Answer a version of a subject, or its newest."""
        path = f"/subjects/{quote(subject, safe='')}/versions/{'latest' if version is None else version}"
        found = self._http.get(path, what=f"“{subject}”", missing=SubjectUnknown(address=self.address, subject=subject))
        with self._understood():
            return self._made(found, int(found["id"]))

    def subjects(self, search: str = "") -> list[RegistrySchema]:
        """Answer the newest version of every subject whose name contains *search*; of more than some hundreds the first ones."""
        nothing = RegistryNotThere(address=self.address, answer="404 Not Found")
        found = self._http.get("/subjects", what="its subjects", missing=nothing)
        if not isinstance(found, list):
            raise RegistryNotThere(address=self.address, answer=_NO_SCHEMA)
        names = sorted(str(one) for one in found)
        wanted = [name for name in names if search.casefold() in name.casefold()]
        known = self._all_at_once() if len(wanted) > 8 else {}
        rest = [name for name in wanted if name not in known][:MOST_LISTED]
        with ThreadPoolExecutor(max_workers=4) as pool:
            known.update({found.subject: found for found in pool.map(self._newest, rest) if found is not None})
        return [known[name] for name in wanted if name in known]

    def _all_at_once(self) -> dict[str, RegistrySchema]:
        """Ask for all of them in one request, which not every registry knows."""
        nothing = RegistryNotThere(address=self.address, answer="404 Not Found")
        try:
            found = self._http.get("/schemas?latestOnly=true", what="its schemas", missing=nothing)
            made = [self._listed(one) for one in found if one.get("schemaType", "AVRO") in _FORMATS]
        except (RegistryProblem, AttributeError, KeyError, TypeError, ValueError):
            return {}
        newest: dict[str, RegistrySchema] = {}
        for one in made:
            if one.subject not in newest or (one.version or 0) > (newest[one.subject].version or 0):
                newest[one.subject] = one
        return newest

    def _newest(self, subject: str) -> RegistrySchema | None:
        missing = SubjectUnknown(address=self.address, subject=subject)
        try:
            path = f"/subjects/{quote(subject, safe='')}/versions/latest"
            with self._understood():
                return self._listed(self._http.get(path, what=f"“{subject}”", missing=missing))
        except SubjectUnknown:
            return None  # deleted meanwhile

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Take JSON that is no schema for what it is: another server's."""
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise RegistryNotThere(address=self.address, answer=_NO_SCHEMA, detail=repr(exc)) from exc

    def _listed(self, found: Any) -> RegistrySchema:
        kind = _FORMATS.get(found.get("schemaType") or "AVRO", Format.AVRO)
        return RegistrySchema(int(found["id"]), kind, str(found["schema"]), {}, str(found["subject"]), int(found["version"]))

    def _made(self, found: Any, id: int) -> RegistrySchema:
        kind = found.get("schemaType") or "AVRO"
        if kind not in _FORMATS:
            raise SchemaTypeUnknown(id=id, type=str(kind)[:40])
        imports: dict[str, str] = {}
        self._resolve(found, imports, str(found.get("subject") or id), set())
        version = found.get("version")
        return RegistrySchema(
            id, _FORMATS[kind], str(found["schema"]), imports, str(found.get("subject") or ""), int(version) if version else None
        )

    def _resolve(self, found: Any, imports: dict[str, str], name: str, seen: set[tuple[str, int]]) -> None:
        for one in found.get("references") or []:
            wanted = (str(one["subject"]), int(one["version"]))
            if wanted in seen and str(one["name"]) in imports:
                continue
            seen.add(wanted)
            if len(imports) >= MOST_REFERENCES:
                raise ReferencesWithoutEnd(name=name, most=MOST_REFERENCES)
            missing = SubjectUnknown(address=self.address, subject=f"{wanted[0]}, version {wanted[1]}")
            other = self._http.get(f"/subjects/{quote(wanted[0], safe='')}/versions/{wanted[1]}", what=f"“{wanted[0]}”", missing=missing)
            imports[str(one["name"])] = str(other["schema"])
            self._resolve(other, imports, name, seen)

    def close(self) -> None:
        """Close the connections. May be called twice."""
        self._http.close()


def has_registry(settings: KafkaSettings | None) -> bool:
    """Whether a connection names one."""
    return settings is not None and bool(settings.registry_url.strip())
