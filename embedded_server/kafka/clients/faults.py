"""What a failure of kafka-python means to a user. Blocking: it may ask the listener once more; call it on a thread."""

import errno
import os
import re
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from kafka import errors

from embedded_server.contracts.connections import KafkaSettings, SaslMechanism
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile
from embedded_server.core.reach import problems as reach
from embedded_server.core.reach.problems import LinkProblem
from embedded_server.core.reach.tls import tls_context_blocking, tls_problem
from embedded_server.kafka import problems
from embedded_server.kafka.clients.config import REQUEST_LIMIT_S, addresses, kafka_settings
from embedded_server.kafka.clients.manager import CONNECT_LIMIT_S, ConnectFailed, Fault, HandshakeFailed, Manager
from embedded_server.kafka.clients.probe import ask_blocking, speaks_tls_blocking

_CONNECTION_ERRORS: Final = (
    errors.KafkaConnectionError,
    errors.KafkaTimeoutError,
    errors.NodeNotReadyError,
    errors.MetadataEmptyBrokerList,
    errors.Cancelled,
    errors.SaslAuthenticationFailedError,
    errors.UnsupportedSaslMechanismError,
    errors.IllegalSaslStateError,
    errors.KafkaProtocolError,
    errors.RequestTimedOutError,
    errors.NetworkExceptionError,
    errors.BrokerNotAvailableError,
)


@dataclass(frozen=True, slots=True)
class About:
    """What a request was about, for the words of its refusal."""

    topic: str = ""
    partition: int = -1
    offset: int = -1
    size: int = 0


NOTHING: Final = About()
_CODE: Final = re.compile(r"\[Error (\d+)\]")


def problem_of_blocking(exc: BaseException, profile: Profile, manager: Manager | None = None, about: About = NOTHING) -> UserFacingError:
    """Answer the problem that *exc* stands for."""
    if isinstance(exc, UserFacingError):
        return exc
    if isinstance(exc, _CONNECTION_ERRORS):
        fault = manager.newest_fault() if manager is not None else None
        return link_problem_blocking(fault or _first_address(profile, exc), profile)
    return refusal(exc, profile, about)


def link_problem_blocking(fault: Fault, profile: Profile) -> LinkProblem:
    """Answer why there is no connection to a broker."""
    settings = kafka_settings(profile)
    cause, address = fault.cause, fault.address
    detail = _words(cause)
    if isinstance(cause, ConnectFailed):
        found = _not_connected(fault)
        if fault.bootstrap or fault.had_opened or fault.was_reached:
            return found
        return problems.AdvertisedUnreachable(node=fault.node, address=address, detail=f"{found}. {detail}")
    if isinstance(cause, HandshakeFailed):
        return _no_handshake(fault, cause.__cause__ or cause)
    if isinstance(cause, errors.SaslAuthenticationFailedError):
        return problems.SaslRefused(address=address, user=settings.user, mechanism=settings.mechanism.value, detail=detail)
    if isinstance(cause, errors.UnsupportedSaslMechanismError):
        offered = _asked(fault, settings)
        return problems.MechanismOff(address=address, mechanism=settings.mechanism.value, offered=offered or "none", detail=detail)
    if isinstance(cause, (errors.IllegalSaslStateError, errors.UnsupportedVersionError)) and settings.mechanism is not SaslMechanism.NONE:
        return problems.LoginNotTaken(address=address, detail=detail)
    if isinstance(cause, (errors.KafkaTimeoutError, errors.RequestTimedOutError)):
        return reach.NoAnswer(address=address, seconds=CONNECT_LIMIT_S, detail=detail)
    return _broken_off(fault, settings, detail)


def _not_connected(fault: Fault) -> LinkProblem:
    cause, address = fault.cause, fault.address
    detail = str(cause)
    code = cause.errno if isinstance(cause, ConnectFailed) else 0
    if code == errno.ECONNREFUSED:
        return problems.NobodyListens(address=address, detail=detail)
    if "DNS" in detail:
        return reach.NameNotFound(host=fault.host, detail=detail)
    if code == errno.ETIMEDOUT or "timed out" in detail.lower():
        return reach.NoAnswer(address=address, seconds=CONNECT_LIMIT_S, detail=detail)
    return reach.NetworkFails(address=address, reason=os.strerror(code) if code else detail, detail=detail)


def _no_handshake(fault: Fault, cause: BaseException) -> LinkProblem:
    if not isinstance(cause, ssl.SSLCertVerificationError) and not speaks_tls_blocking(fault.host, fault.port):
        return reach.PortSpeaksPlain(address=fault.address, detail=str(cause))
    if isinstance(cause, ssl.SSLError):
        return tls_problem(cause, fault.address)
    return reach.CertificateRefused(address=fault.address, reason=str(cause), detail=str(cause))


def _broken_off(fault: Fault, settings: KafkaSettings, detail: str) -> LinkProblem:
    """The listener closed the connection without a word, or sent what is no answer."""
    address = fault.address
    inner = fault.cause.args[0] if fault.cause.args else None
    if isinstance(inner, ssl.SSLError) and not isinstance(inner, ssl.SSLEOFError):
        return tls_problem(inner, address)
    if not settings.tls and speaks_tls_blocking(fault.host, fault.port):
        return reach.PortWantsTls(address=address, detail=detail)
    found = ask_blocking(fault.host, fault.port, tls_context_blocking(settings) if settings.tls else None)
    if settings.mechanism is SaslMechanism.NONE and found.takes_login:
        return problems.LoginNeeded(address=address, offered=", ".join(found.mechanisms), detail=detail)
    if not found.speaks_kafka and not fault.had_opened and found.reached:
        return problems.NotKafka(address=address, detail=detail)
    return problems.BrokerLost(address=address, detail=detail)


def _asked(fault: Fault, settings: KafkaSettings) -> str:
    found = ask_blocking(fault.host, fault.port, tls_context_blocking(settings) if settings.tls else None)
    return ", ".join(found.mechanisms)


def _first_address(profile: Profile, exc: BaseException) -> Fault:
    host, _, port = addresses(kafka_settings(profile).bootstrap)[0].rpartition(":")
    return Fault("bootstrap-0", host.strip("[]"), int(port), exc, bootstrap=True, had_opened=False)


# -- what a broker answered

_Refusal = Callable[["_Said"], UserFacingError]


@dataclass(frozen=True, slots=True)
class _Said:
    """A broker's refusal, and what it was about."""

    topic: str
    about: About
    user: str
    detail: str


_REFUSALS: Final[tuple[tuple[tuple[type[BaseException], ...], _Refusal], ...]] = (
    ((errors.TopicAuthorizationFailedError,), lambda it: problems.TopicNotAuthorized(user=it.user, topic=it.topic, detail=it.detail)),
    ((errors.GroupAuthorizationFailedError,), lambda it: problems.GroupNotAuthorized(user=it.user, detail=it.detail)),
    ((errors.ClusterAuthorizationFailedError,), lambda it: problems.ClusterNotAuthorized(user=it.user, detail=it.detail)),
    (
        (errors.UnknownTopicOrPartitionError, errors.UnknownTopicIdError),
        lambda it: problems.TopicUnknown(topic=it.topic, detail=it.detail),
    ),
    (
        (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError),
        lambda it: problems.RecordTooLarge(topic=it.topic, size=it.about.size, detail=it.detail),
    ),
    (
        (errors.OffsetOutOfRangeError,),
        lambda it: problems.OffsetGone(topic=it.topic, partition=it.about.partition, offset=it.about.offset, detail=it.detail),
    ),
    (
        (errors.CorruptRecordError,),
        lambda it: problems.BatchDamaged(topic=it.topic, partition=it.about.partition, offset=it.about.offset, detail=it.detail),
    ),
    ((errors.InvalidTimestampError,), lambda it: problems.TimestampRefused(topic=it.topic, detail=it.detail)),
    (
        (errors.NotEnoughReplicasError, errors.NotEnoughReplicasAfterAppendError),
        lambda it: problems.NotEnoughInSync(topic=it.topic, detail=it.detail),
    ),
    ((errors.PolicyViolationError,), lambda it: problems.PolicyViolated(detail=it.detail)),
    (
        (errors.UnsupportedVersionError, errors.UnsupportedForMessageFormatError, errors.UnrecognizedBrokerVersion),
        lambda it: problems.KafkaTooOld(detail=it.detail),
    ),
    ((errors.RetriableError,), lambda it: problems.KafkaTimedOut(seconds=REQUEST_LIMIT_S, detail=it.detail)),
)


def refusal(exc: BaseException, profile: Profile, about: About = NOTHING) -> UserFacingError:
    """Answer what a broker's refusal means. An exception that is none of Kafka's is a fault of ours, and raised as it is."""
    if isinstance(exc, struct.error):
        return problems.NumberTooLarge(detail=str(exc))
    if not isinstance(exc, errors.KafkaError):
        raise exc
    exc = _unwrapped(exc)
    user = (profile.spec.kafka.user if profile.spec.kafka is not None else "") or "ANONYMOUS"
    said = _Said(about.topic or _named(exc), about, user, _words(exc))
    for kinds, make in _REFUSALS:
        if isinstance(exc, kinds):
            return make(said)
    return problems.KafkaRefused(name=str(getattr(exc, "message", "") or type(exc).__name__), detail=said.detail)


def _unwrapped(exc: errors.KafkaError) -> errors.KafkaError:
    """Answer the broker's refusal that kafka-python's producer tells as a text: what ``InitProducerId`` was answered."""
    code = _CODE.search(str(exc)) if type(exc) is errors.KafkaError else None
    return errors.for_code(int(code[1]))(str(exc)) if code is not None else exc


def _named(exc: BaseException) -> str:
    """Answer the topic that kafka-python puts into some of its errors, as a set."""
    first: Any = exc.args[0] if exc.args else None
    return str(next(iter(first))) if isinstance(first, (set, frozenset)) and first else ""


def _words(exc: BaseException) -> str:
    text = str(exc)
    return text if text and text != "None" else type(exc).__name__
