"""JSON to Protobuf's binary encoding, by Protobuf's own runtime."""

import re
from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import EncodeError
from google.protobuf.message_factory import GetMessageClass

from embedded_server.kafka.decoding.problems import NotWritable
from embedded_server.kafka.decoding.proto_schema import MessagePlan, ProtoSchema

_FIELDS: Final = re.compile(r"Failed to parse (\w+) field: ")
_AT: Final = re.compile(r" at \"\w+([^\"]*)\"")


def write_proto(schema: ProtoSchema, plan: MessagePlan, value: Any) -> bytes:
    """Answer *value* as the message's bytes. Raises `NotWritable` with path and what is expected there."""
    if not isinstance(value, dict | list | str | int | float | bool):
        raise NotWritable(path="$", reason="expected an object", schema=plan.name)
    pool = DescriptorPool()
    for file in schema.files.file:
        pool.Add(file)
    message = GetMessageClass(pool.FindMessageTypeByName(plan.name))()
    try:
        json_format.ParseDict(value, message, descriptor_pool=pool)
        written: bytes = message.SerializeToString(deterministic=True)
    except (json_format.ParseError, EncodeError, RecursionError, ValueError, TypeError, AttributeError, OverflowError) as exc:
        raise _unfit(str(exc), plan) from exc
    return written


def _unfit(said: str, plan: MessagePlan) -> NotWritable:
    """Make an error of the runtime's words: ``Failed to parse items field: … at "Order.items[1]".``."""
    fields = _FIELDS.findall(said)
    at = _AT.search(said)
    path = f"${at[1]}" if at is not None else "$" + "".join(f".{name}" for name in fields)
    reason = _AT.sub("", _FIELDS.sub("", said)).partition("\n Available Fields")[0].strip(" .:")
    return NotWritable(path=path[:200], reason=reason[:500] or "nested too deeply", schema=plan.name)
