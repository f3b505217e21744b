"""Requests with every field said, through kafka-python's message classes: what its clients do not send, and answers field by field."""

import socket
import struct
from collections.abc import Mapping
from typing import Any

from kafka.protocol.api_message import ApiMessage

from embedded_server.brokers.kafka.codec import request_class, response_class
from embedded_server.brokers.kafka.versions import ApiKey

LIMIT_S = 30.0


def ask(bootstrap: str, key: ApiKey, version: int, **fields: Any) -> Any:
    """The answer to one request, on a connection of its own."""
    host, _, port = bootstrap.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=LIMIT_S) as client:
        client.sendall(framed(key, version, fields))
        head = client.recv(4, socket.MSG_WAITALL)
        assert head, f"{key.name} v{version} ended the connection"
        content = client.recv(struct.unpack(">i", head)[0], socket.MSG_WAITALL)
    return response_class(key).decode(content, version=version, header=True)


def framed(key: ApiKey, version: int, fields: Mapping[str, Any]) -> bytes:
    """A request's frame."""
    cls: type[ApiMessage] = request_class(key)
    made = _built(cls, cls._struct, version, fields)
    made.with_header(correlation_id=7, client_id="raw")
    return bytes(made.encode(header=True, framed=True))


def _built(cls: Any, struct_field: Any, version: int, fields: Mapping[str, Any]) -> Any:
    values = dict(fields)
    for field in struct_field.fields.values():
        inner = values.get(field.name)
        if field.is_struct_array() and inner is not None:
            values[field.name] = [_built(field.data_class, field.array_of, version, one) for one in inner]
    return cls(version=version, **values)
