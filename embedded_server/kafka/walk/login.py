"""The walk's login step: SASL over Kafka's protocol (KIP-43, KIP-152), and what a listener without one, or with another one, says."""

from dataclasses import dataclass
from typing import Final

from kafka import errors
from kafka.net.sasl import get_sasl_mechanism
from kafka.protocol.sasl import SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse

from embedded_server.contracts.connections import KafkaSettings
from embedded_server.core.reach.peer import HungUp
from embedded_server.kafka.problems import LoginNotTaken, MechanismOff, SaslRefused
from embedded_server.kafka.walk.talk import KafkaPeer

HANDSHAKE: Final = 17
_MECHANISM_OFF: Final = errors.UnsupportedSaslMechanismError.errno


@dataclass(frozen=True, slots=True)
class Offer:
    """What a listener says of logins."""

    takes_login: bool
    mechanisms: tuple[str, ...]


async def offered(peer: KafkaPeer, mechanism: str) -> Offer:
    """Ask for a mechanism (SaslHandshake, api key 17), and answer what the listener takes. Without SASL it refuses, or hangs up."""
    try:
        response = await peer.ask(SaslHandshakeRequest(mechanism=mechanism), 1, SaslHandshakeResponse)
    except HungUp:
        return Offer(takes_login=False, mechanisms=())
    return Offer(response.error_code in {0, _MECHANISM_OFF}, tuple(response.mechanisms or ()))


async def sign_in(peer: KafkaPeer, settings: KafkaSettings, password: str, address: str) -> str:
    """Log in, and answer as whom. Raises `MechanismOff`, `LoginNotTaken` or `SaslRefused` with the broker's words."""
    name = settings.mechanism.value
    offer = await offered(peer, name)
    if not offer.takes_login:
        raise LoginNotTaken(address=address)
    if name not in offer.mechanisms:
        raise MechanismOff(address=address, mechanism=name, offered=", ".join(offer.mechanisms) or "none")
    mechanism = get_sasl_mechanism(name)(sasl_plain_username=settings.user, sasl_plain_password=password, sasl_mechanism=name)
    refused = {"address": address, "user": settings.user, "mechanism": name}
    while not mechanism.is_done():
        try:
            response = await peer.ask(SaslAuthenticateRequest(auth_bytes=mechanism.auth_bytes()), 0, SaslAuthenticateResponse)
        except HungUp as exc:
            raise SaslRefused(**refused) from exc
        if response.error_code:
            raise SaslRefused(**refused, detail=response.error_message or "")
        try:
            mechanism.receive(bytes(response.auth_bytes))
        except (ValueError, KeyError) as exc:  # the broker did not prove that it knows the password
            raise SaslRefused(**refused, detail=str(exc)) from exc
    if not mechanism.is_authenticated():
        raise SaslRefused(**refused)
    return f"{settings.user} · {name}"
