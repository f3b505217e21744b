"""Fills the generated fields of a whole message: its routing key, properties, header values and text body."""

from dataclasses import asdict, replace
from typing import Any

from embedded_server.contracts.rabbitmq import BodyForm, Header, Message, Properties
from embedded_server.core.generate import Source, filler, templates_in


class MessageFiller:
    """A compiled message. Raises what `generate.field_of` raises where a field is not known."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._properties = asdict(message.properties)
        self._headers: list[dict[str, Any]] = [asdict(header) for header in message.headers]
        self.is_constant = not (
            templates_in(message.routing_key)
            or templates_in(self._properties)
            or templates_in(self._headers)
            or (message.form is BodyForm.TEXT and templates_in(message.body))
        )
        self._fill_key = filler(message.routing_key)
        self._fill_properties = filler(self._properties)
        self._fill_headers = filler([header["value"] for header in self._headers])
        self._fill_body = filler(message.body) if message.form is BodyForm.TEXT else _as_it_is(message.body)

    def fill(self, source: Source) -> Message:
        """Answer the message for *source*'s number."""
        message = self._message
        headers = message.headers
        if headers:
            values = self._fill_headers(source)
            headers = [Header(header.name, header.type, value) for header, value in zip(headers, values, strict=True)]
        return replace(
            message,
            routing_key=self._fill_key(source),
            properties=Properties(**self._fill_properties(source)),
            headers=headers,
            body=self._fill_body(source),
        )


def fill_once(message: Message, seed: int | None = None) -> Message:
    """Answer *message* as the first one of a bulk would be. Imports faker: call it off the loop."""
    source = Source(seed)
    source.next()
    return MessageFiller(message).fill(source)


def _as_it_is(body: str) -> Any:
    return lambda _: body
