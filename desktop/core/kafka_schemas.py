"""Schemas for a list: the user's own and those of a Schema Registry, what a file is, and where one does not hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from desktop.core.i18n import tr
from desktop.core.problems import hint_of, title_of
from embedded_server.contracts.kafka import Format, LocalSchema, SubjectInfo
from embedded_server.contracts.problems import ProblemDetails

FORMAT_WORDS: Final = {Format.AVRO: "Avro", Format.JSON_SCHEMA: "JSON Schema", Format.PROTOBUF: "Protobuf"}


@dataclass(frozen=True, slots=True)
class SchemaRow:
    """One schema as the list shows it."""

    name: str
    format_words: str
    defines: str
    about: str
    text: str = ""
    id: str = ""
    """Of one's own."""
    subject: str = ""
    """In the registry."""
    version: int | None = None


def rows_of_own(schemas: Sequence[LocalSchema]) -> list[SchemaRow]:
    """Answer the user's own, by name."""
    ordered = sorted(schemas, key=lambda schema: schema.name.casefold())
    return [
        SchemaRow(
            schema.name,
            FORMAT_WORDS.get(schema.format, schema.format.value),
            ", ".join(schema.messages),
            tr("{name}, written without magic byte and id", name=" + ".join((schema.name, *schema.imports))),
            schema.text,
            schema.id,
        )
        for schema in ordered
    ]


def rows_of_subjects(subjects: Sequence[SubjectInfo]) -> list[SchemaRow]:
    """Answer the registry's subjects, each with its newest version."""
    return [
        SchemaRow(
            one.subject,
            FORMAT_WORDS.get(one.format, one.format.value),
            ", ".join(one.messages),
            tr("{subject}, version {version}, id {id}", subject=one.subject, version=one.version, id=one.id),
            subject=one.subject,
            version=one.version,
        )
        for one in subjects
    ]


def format_of_file(name: str, text: str) -> Format:
    """Answer what a file holds: by its name, and a ``.json`` by what stands in it."""
    end = name.lower().rpartition(".")[2]
    if end == "proto":
        return Format.PROTOBUF
    if end == "avsc":
        return Format.AVRO
    begin = text.lstrip()[:1]
    if end != "json" and begin not in {"{", "["}:
        return Format.PROTOBUF
    is_avro = '"fields"' in text and '"record"' in text and '"$schema"' not in text
    return Format.AVRO if is_avro else Format.JSON_SCHEMA


def problem_words(problem: ProblemDetails) -> str:
    """Write a problem with what to try."""
    hint = hint_of(problem)
    return f"{title_of(problem)}. {hint}" if hint else title_of(problem)
