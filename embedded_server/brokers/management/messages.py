"""Publishing one message and fetching some, as RabbitMQ's management page does."""

import asyncio
import base64
import binascii
from typing import Final

from embedded_server.brokers.management.acting import act_through, real_name
from embedded_server.brokers.management.call import Answer, Call, whole_number
from embedded_server.brokers.management.errors import bad_request
from embedded_server.brokers.management.inner_client import GotMessage
from embedded_server.brokers.management.listing import Row
from embedded_server.brokers.management.properties import content_header, properties_row

CHUNK: Final = 100
ACK_MODES: Final = ("ack_requeue_true", "ack_requeue_false", "reject_requeue_true", "reject_requeue_false")


async def publish(call: Call, vhost: str, exchange: str) -> Answer:
    """``POST exchanges/{vhost}/{name}/publish``."""
    call.vhost(vhost)
    body = call.json("routing_key", "properties", "payload", "payload_encoding")
    key, properties = body["routing_key"], body["properties"]
    if not isinstance(key, str):
        raise bad_request(["not_string", "routing_key"])
    if not isinstance(properties, dict | list) or (isinstance(properties, list) and properties):
        raise bad_request("properties_not_object")
    payload = _payload(body["payload"], body["payload_encoding"])
    header = content_header(properties or {}, len(payload))
    with act_through(call, vhost, fetches=False) as client:
        routed = client.publish(real_name(exchange), key, header, payload)
    return Answer(body={"routed": routed})


async def get_messages(call: Call, vhost: str, queue: str) -> Answer:
    """``POST queues/{vhost}/{name}/get``."""
    call.vhost(vhost)
    body = call.json("ackmode", "count", "encoding")
    mode, encoding = body["ackmode"], body["encoding"]
    count = whole_number(body["count"])
    truncate = whole_number(body["truncate"]) if "truncate" in body else None
    if encoding not in {"auto", "base64"}:
        raise bad_request("Unsupported encoding. Please use auto or base64.")
    if mode not in ACK_MODES:
        raise bad_request(["unknown_ackmode", mode])
    rows: list[Row] = []
    with act_through(call, vhost) as client:
        while count < 0 or len(rows) < count:
            got = client.get(queue, no_ack=mode == "ack_requeue_false")
            if got is None:
                break
            rows.append(_message_row(got, encoding, truncate))
            if len(rows) % CHUNK == 0:
                await asyncio.sleep(0)  # others have their turn
        if rows and mode != "ack_requeue_false":
            client.give_back(requeue=mode != "reject_requeue_false")
    return Answer(body=rows)


def _payload(payload: object, encoding: object) -> bytes:
    if not isinstance(payload, str):
        raise bad_request("payload_not_string")
    if encoding == "string":
        return payload.encode(errors="surrogatepass")
    if encoding == "base64":
        try:
            return base64.b64decode(payload, validate=True)
        except (binascii.Error, ValueError):
            raise bad_request(["not_base64", payload]) from None
    raise bad_request(["unsupported_encoding", encoding])


def _message_row(got: GotMessage, encoding: str, truncate: int | None) -> Row:
    body = got.body if truncate is None else got.body[:truncate]
    text, told = _encoded(body, encoding)
    return {
        "payload_bytes": len(got.body),
        "redelivered": got.redelivered,
        "exchange": got.exchange,
        "routing_key": got.routing_key,
        "message_count": got.left,
        "properties": properties_row(got.header) or [],
        "payload": text,
        "payload_encoding": told,
    }


def _encoded(body: bytes, encoding: str) -> tuple[str, str]:
    if encoding == "auto":
        try:
            return body.decode(), "string"
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), "base64"
