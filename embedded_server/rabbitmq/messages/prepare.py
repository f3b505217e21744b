"""From a message as the wire's JSON describes it to the bytes that are published."""

import base64
import binascii
from dataclasses import dataclass

from embedded_server.contracts.rabbitmq import BodyForm, Message
from embedded_server.core.uploads import Uploads
from embedded_server.rabbitmq.amqp.content import encode_content
from embedded_server.rabbitmq.amqp.headers import table_of
from embedded_server.rabbitmq.messages.problems import BodyNotBase64


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message ready for the wire."""

    exchange: str
    routing_key: str
    mandatory: bool
    content: bytes
    """Its properties and headers."""
    body: bytes


async def prepare(message: Message, uploads: Uploads) -> Prepared:
    """Answer *message* ready for the wire. Raises what says which part of it cannot be sent."""
    if message.form is BodyForm.UPLOAD:
        body = await uploads.read(message.body)
    else:
        body = body_of(message)
    return prepared_with(message, body)


def body_of(message: Message) -> bytes:
    """Answer the body of a message that carries it. Raises `BodyNotBase64`."""
    if message.form is BodyForm.TEXT:
        return message.body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(message.body, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise BodyNotBase64 from exc


def prepared_with(message: Message, body: bytes) -> Prepared:
    """Answer *message* with *body*. Raises what says which header or property cannot be sent."""
    content = encode_content(message.properties, table_of(message.headers))
    return Prepared(message.exchange, message.routing_key, message.mandatory, content, body)
