"""kafka-python's message classes, found by their keys. Importing it takes longer than all the rest of the start: see ``codec.load``."""

from typing import Any

import kafka.protocol.admin
import kafka.protocol.consumer
import kafka.protocol.metadata
import kafka.protocol.producer
import kafka.protocol.sasl  # noqa: F401 - as the others: it makes its classes known
from kafka.protocol.api_message import ApiMessage
from kafka.protocol.schemas.fields.codecs import EncodeBufferPool

__all__ = ["REQUESTS", "RESPONSES", "EncodeBufferPool"]

REQUESTS: dict[int, Any] = {}
RESPONSES: dict[int, Any] = {}


def _leaves(parent: Any) -> list[Any]:
    children = [one for one in parent.__subclasses__() if one._class_version is None]  # noqa: SLF001 - tells versions from the class itself
    return [leaf for child in children for leaf in (child, *_leaves(child))]


for _one in _leaves(ApiMessage):
    (REQUESTS if _one.is_request() else RESPONSES)[_one.API_KEY] = _one
