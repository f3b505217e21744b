"""The walk's protocol step: whether a Kafka broker answers, and if not, who lives at the port instead."""

import asyncio
import ssl
from typing import Any

from kafka.protocol.broker_version_data import infer_broker_version_from_api_versions
from kafka.protocol.metadata import ApiVersionsRequest, ApiVersionsResponse

from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.reach.certificate import Door
from embedded_server.core.reach.peer import HungUp, answer_to, is_http, is_tls_alert, speaks_tls, unchecked_context
from embedded_server.core.reach.problems import LinkProblem, PortSpeaksPlain, PortWantsTls
from embedded_server.kafka.problems import NotKafka
from embedded_server.kafka.walk.problems import ClosesAtOnce, PortSpeaksHttp, PortSpeaksHttps, SaysNothing
from embedded_server.kafka.walk.talk import KafkaPeer, NotKafkas, framed

GET = b"GET / HTTP/1.0\r\n\r\n"
Apis = dict[int, tuple[int, int]]
"""By api key, the first and the last version that a broker takes."""


async def begin(peer: KafkaPeer, door: Door, *, tls: bool, limit_s: float) -> Apis:
    """Ask what a broker takes (ApiVersions, api key 18). Raises a `UserFacingError` that says what it is instead, or `ssl.SSLError`."""
    try:
        async with asyncio.timeout(limit_s):
            response = await peer.ask(ApiVersionsRequest(), 0, ApiVersionsResponse)
    except NotKafkas as exc:
        raise _stranger(exc.data, door, tls=tls) from exc
    except ssl.SSLError:
        raise
    except (HungUp, TimeoutError) as exc:
        raise await _quiet(door, None if isinstance(exc, HungUp) else limit_s, tls=tls) from exc
    return {one.api_key: (one.min_version, one.max_version) for one in response.api_keys}


def version_words(apis: Apis) -> str:
    """Answer the lowest version of Kafka that takes what this broker takes."""
    return ".".join(str(part) for part in infer_broker_version_from_api_versions(apis)[:2])


async def plain(door: Door) -> LinkProblem | None:
    """Answer what speaks without TLS where TLS failed: a web server or a Kafka broker."""
    if is_http(await answer_to(door.at, GET)):
        return PortSpeaksHttp(address=door.address)
    answer = await answer_to(door.at, framed(ApiVersionsRequest(), 0, 7))
    return PortSpeaksPlain(address=door.address) if answer[4:8] == b"\0\0\0\x07" else None


def _stranger(data: bytes, door: Door, *, tls: bool) -> UserFacingError:
    if is_http(data):
        return (PortSpeaksHttps if tls else PortSpeaksHttp)(address=door.address)
    if is_tls_alert(data) and not tls:
        return PortWantsTls(address=door.address)
    return NotKafka(address=door.address)


async def _quiet(door: Door, silent_s: float | None, *, tls: bool) -> UserFacingError:
    """It hung up, or kept silent: some speak only when they are spoken to in their own way."""
    context: Any = unchecked_context() if tls else None
    if is_http(await answer_to(door.at, GET, context, door.host)):
        return (PortSpeaksHttps if tls else PortSpeaksHttp)(address=door.address)
    if not tls and await speaks_tls(door.at):
        return PortWantsTls(address=door.address)
    return ClosesAtOnce(address=door.address) if silent_s is None else SaysNothing(address=door.address, seconds=silent_s)
