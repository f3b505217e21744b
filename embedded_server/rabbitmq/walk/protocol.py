"""The walk's protocol step: whether a broker answers, and if not, who lives at the port instead."""

import asyncio

from pamqp import commands

from embedded_server.contracts.connections import RabbitSettings
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.reach.certificate import Door
from embedded_server.core.reach.peer import HungUp, answer_to, is_http, is_tls_alert, shown, speaks_tls, unchecked_context
from embedded_server.core.reach.problems import LinkProblem, PortSpeaksPlain, PortWantsTls
from embedded_server.rabbitmq.problems import NotAmqp
from embedded_server.rabbitmq.walk.handshake import PROTOCOL_HEADER, NotFrames, OtherVersion
from embedded_server.rabbitmq.walk.methods import AmqpPeer, Refused
from embedded_server.rabbitmq.walk.problems import ClosesAtOnce, OtherAmqpVersion, PortSpeaksHttp, PortSpeaksHttps, SaysNothing


async def begin(peer: AmqpPeer, settings: RabbitSettings, at: tuple[str, int], address: str, limit_s: float) -> commands.Connection.Start:
    """Say hello and answer the broker's greeting. Raises a `UserFacingError` that says what it is instead, or `ssl.SSLError`."""
    peer.send(PROTOCOL_HEADER)
    try:
        async with asyncio.timeout(limit_s):
            return await peer.expect(commands.Connection.Start)
    except OtherVersion as exc:
        raise OtherAmqpVersion(address=address, version=exc.version) from exc
    except NotFrames as exc:
        raise _stranger(exc.data, settings, address) from exc
    except (HungUp, Refused, TimeoutError) as exc:
        raise await _quiet(settings, at, address, None if isinstance(exc, HungUp) else limit_s) from exc


async def plain(door: Door) -> LinkProblem | None:
    """Answer what speaks without TLS where TLS failed: a web server or a RabbitMQ."""
    if is_http(await answer_to(door.at, b"GET / HTTP/1.0\r\n\r\n")):
        return PortSpeaksHttp(address=door.address)
    if (await answer_to(door.at, PROTOCOL_HEADER))[:1] == b"\x01":
        return PortSpeaksPlain(address=door.address)
    return None


def product(start: commands.Connection.Start) -> str:
    """Answer the broker's name and version: ``RabbitMQ 3.10.8``."""
    told = start.server_properties or {}
    return " ".join(str(told[key]) for key in ("product", "version") if told.get(key)) or "AMQP 0-9-1"


def _stranger(data: bytes, settings: RabbitSettings, address: str) -> UserFacingError:
    if is_http(data):
        return (PortSpeaksHttps if settings.tls else PortSpeaksHttp)(address=address)
    if is_tls_alert(data) and not settings.tls:
        return PortWantsTls(address=address)
    return NotAmqp(address=address, answer=shown(data))


async def _quiet(settings: RabbitSettings, at: tuple[str, int], address: str, silent_s: float | None) -> UserFacingError:
    """It hung up, or kept silent: some speak only when they are spoken to in their own way."""
    context = unchecked_context() if settings.tls else None
    if is_http(await answer_to(at, b"GET / HTTP/1.0\r\n\r\n", context, settings.host)):
        return (PortSpeaksHttps if settings.tls else PortSpeaksHttp)(address=address)
    if not settings.tls and await speaks_tls(at):
        return PortWantsTls(address=address)
    return ClosesAtOnce(address=address) if silent_s is None else SaysNothing(address=address, seconds=silent_s)
