"""Fills the generated fields of a whole record: its key, its value and its headers, where they are text."""

from dataclasses import asdict, replace
from typing import Any, Final

from embedded_server.contracts.kafka import Content, ContentForm, Record, RecordHeader
from embedded_server.core.generate import Source, filler, templates_in

_BYTES: Final = frozenset({ContentForm.BASE64, ContentForm.UPLOAD})


class RecordFiller:
    """A compiled record. Raises what `generate.field_of` raises where a field is not known."""

    def __init__(self, record: Record) -> None:
        self._record = record
        texts: dict[str, Any] = {
            "key": _text_of(record.key),
            "value": _text_of(record.value),
            "headers": [[one.name, None if one.base64 else one.value] for one in record.headers],
        }
        self.is_constant = not templates_in(texts)
        self._fill = filler(texts)

    def fill(self, source: Source) -> Record:
        """Answer the record for *source*'s number."""
        texts = self._fill(source)
        record = self._record
        return replace(
            record,
            key=_filled(record.key, texts["key"]),
            value=_filled(record.value, texts["value"]),
            headers=[
                replace(one, name=name, value=one.value if one.base64 else value)
                for one, (name, value) in zip(record.headers, texts["headers"], strict=True)
            ],
        )


def fill_once(record: Record, seed: int | None = None) -> Record:
    """Answer *record* as the first one of a bulk would be. Imports faker: call it off the loop."""
    source = Source(seed)
    source.next()
    return RecordFiller(record).fill(source)


def record_from(value: dict[str, Any]) -> Record:
    """Answer the record that stands in a file as JSON. Raises ValueError, KeyError or TypeError where it is none."""
    return Record(
        topic=str(value["topic"]),
        partition=value.get("partition"),
        key=_content_from(value.get("key")),
        value=_content_from(value.get("value")),
        headers=[RecordHeader(str(one["name"]), one.get("value"), bool(one.get("base64"))) for one in value.get("headers", [])],
        timestamp=value.get("timestamp"),
        compression=type(Record(topic="").compression)(value.get("compression", "none")),
    )


def _content_from(value: dict[str, Any] | None) -> Content | None:
    return None if value is None else Content(**{**asdict(Content()), **value, "form": ContentForm(value.get("form", "text"))})


def _text_of(content: Content | None) -> str | None:
    return None if content is None or content.form in _BYTES else content.text


def _filled(content: Content | None, text: str | None) -> Content | None:
    return content if content is None or text is None else replace(content, text=text)
