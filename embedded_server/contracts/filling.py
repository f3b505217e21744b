"""What fills a message or a record before it is sent, on the wire: files and generated fields."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A body the server keeps until it is published, or for an hour."""

    id: str
    size: int


@dataclass(frozen=True, slots=True)
class GeneratedField:
    """A field bulk publish can fill: ``{{uuid}}``, and what it looks like."""

    name: str
    example: str


@dataclass(frozen=True, slots=True)
class TemplateName:
    """Which template is meant."""

    name: str
