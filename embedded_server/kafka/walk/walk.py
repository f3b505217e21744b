"""The walk itself: eight steps, each timed, each with what was found or what is wrong and what to try."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any, Final

from kafka.protocol.metadata import MetadataRequest, MetadataResponse

from embedded_server.contracts.connections import KafkaSettings, SaslMechanism, Secret, TestOutcome, TestReport, TestResult, TestStep
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile
from embedded_server.core.reach import certificate
from embedded_server.core.reach.certificate import Door
from embedded_server.core.reach.peer import HungUp, Peer
from embedded_server.core.reach.problems import LinkProblem, NameSlow, NoAnswer
from embedded_server.core.reach.steps import STEP_LIMIT_S, Address, Found, Walk, find_name, is_address, reach
from embedded_server.core.reach.tls import tls_problem
from embedded_server.kafka.clients.config import addresses, kafka_settings
from embedded_server.kafka.problems import AdvertisedUnreachable, BrokerLost, LoginNeeded, NobodyListens, NotKafka
from embedded_server.kafka.walk import login, protocol, registry
from embedded_server.kafka.walk.problems import ClosesAtOnce, NoBrokersTold, NoTopicsSeen, SomeBootstrapFails, SomeBrokersUnreachable
from embedded_server.kafka.walk.protocol import Apis
from embedded_server.kafka.walk.talk import KafkaPeer, NotKafkas

MAX_BROKERS: Final = 50
"""So many advertised addresses are tried."""
_METADATA: Final = 3
_OPERATIONS_FROM: Final = 8
"""The version from which Metadata tells what one may do (KIP-430, Kafka 2.3)."""
_DESCRIBE: Final = 1 << 8
"""The bit of the operation DESCRIBE (org.apache.kafka.common.acl.AclOperation)."""


@dataclass(frozen=True, slots=True)
class _Place:
    """One bootstrap address."""

    host: str
    port: int

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


async def walk(profile: Profile, *, limit_s: float = STEP_LIMIT_S) -> TestReport:
    """Walk from the brokers' names to the topics and the registry; a step takes at most *limit_s*. Nothing is left on the cluster."""
    one = _Walk(profile, limit_s)
    try:
        return await one.take_all()
    finally:
        await one.end()


class _Walk(Walk):
    def __init__(self, profile: Profile, limit_s: float) -> None:
        super().__init__(limit_s)
        self._profile = profile
        self._settings: KafkaSettings = kafka_settings(profile)
        self._places = [_place(address) for address in addresses(self._settings.bootstrap)]
        self._found: dict[_Place, list[Address]] = {}
        self._place = self._places[0]
        self._at: Address = ("", 0)
        self._peer: KafkaPeer | None = None
        self._apis: Apis = {}
        self._metadata: Any = None

    async def take_all(self) -> TestReport:
        return await self.run(
            {
                TestStep.NAME: self._name,
                TestStep.PORT: self._port,
                TestStep.TLS: self._tls,
                TestStep.PROTOCOL: self._protocol,
                TestStep.LOGIN: self._login,
                TestStep.ADVERTISED: self._advertised,
                TestStep.TOPICS: self._topics,
                TestStep.REGISTRY: self._registry,
            }
        )

    async def end(self) -> None:
        """Close what is open."""
        if self._peer is not None:
            await self._peer.close()

    def limit_of(self, step: TestStep) -> float | None:
        return None if step in {TestStep.PROTOCOL, TestStep.PORT, TestStep.ADVERTISED, TestStep.REGISTRY} else self.limit_s

    def meaning(self, step: TestStep, exc: Exception) -> UserFacingError | None:
        address = self._place.address
        match exc:
            case TimeoutError() if step is TestStep.NAME:
                return NameSlow(host=self._place.host, seconds=self.limit_s)
            case TimeoutError():
                return NoAnswer(address=address, seconds=self.limit_s)
            case HungUp() | OSError():
                return BrokerLost(address=address, detail=str(exc))
            case NotKafkas():
                return NotKafka(address=address)
        return None

    @property
    def _door(self) -> Door:
        return Door(self._settings, self._place.host, self._at, self._place.address)

    # -- the steps

    async def _name(self) -> Found:
        problem: UserFacingError | None = None
        for place in self._places:
            try:
                self._found[place] = await find_name(place.host, place.port)
            except UserFacingError as exc:
                problem = problem or exc
        if not self._found:
            assert problem is not None, "there is at least one address"
            raise problem
        if all(is_address(place.host) for place in self._places):
            return Found(" · ".join(place.host for place in self._places[:6]), TestOutcome.SKIPPED)
        known = dict.fromkeys(address for found in self._found.values() for address, _ in found)
        return Found(" · ".join([*known][:6]), TestOutcome.PASSED if problem is None else TestOutcome.WARNING, problem)

    async def _port(self) -> Found:
        """Try every address that has a name, all at once; the walk goes on at the first that answers."""
        places = list(self._found)
        tried = await asyncio.gather(*(self._connect(place) for place in places), return_exceptions=True)
        failures: dict[_Place, UserFacingError] = {}
        for place, found in zip(places, tried, strict=True):
            if isinstance(found, UserFacingError):
                failures[place] = found
            elif isinstance(found, BaseException):
                raise found
            elif self._peer is None:
                self._place, (self._peer, self._at) = place, found
            else:
                await found[0].close()
        if self._peer is None:
            self._place = places[0]
            raise failures[places[0]]
        text = f"{self._at[0]} · {self._at[1]}"
        if not failures:
            return Found(text)
        lost = ", ".join(place.address for place in failures)
        reason = next(iter(failures.values()))
        problem = SomeBootstrapFails(count=len(failures), of=len(places), addresses=lost, reason=str(reason))
        return Found(text, TestOutcome.WARNING, problem)

    async def _connect(self, place: _Place) -> tuple[KafkaPeer, Address]:
        try:
            async with asyncio.timeout(self.limit_s):
                return await reach(KafkaPeer, self._found[place], place.address, self.limit_s, nobody=NobodyListens)
        except TimeoutError as exc:
            raise NoAnswer(address=place.address, seconds=self.limit_s) from exc

    async def _tls(self) -> Found:
        if not self._settings.tls:
            return Found(outcome=TestOutcome.SKIPPED)
        assert self._peer is not None
        found = await certificate.handshake(self._peer, self._door, protocol.plain)
        return Found(found.text, TestOutcome.PASSED if found.problem is None else TestOutcome.WARNING, found.problem)

    async def _protocol(self) -> Found:
        assert self._peer is not None
        try:
            self._apis = await protocol.begin(self._peer, self._door, tls=self._settings.tls, limit_s=self.limit_s)
        except ssl.SSLError as exc:
            return self._tls_failed_after_all(tls_problem(exc, self._place.address))
        except ClosesAtOnce:
            complaint = await certificate.complaint(self._door) if self._settings.tls else None
            if complaint is None:
                raise
            return self._tls_failed_after_all(complaint)
        return Found(f"Kafka {protocol.version_words(self._apis)}")

    def _tls_failed_after_all(self, problem: LinkProblem) -> Found:
        """TLS 1.3 refuses a client's certificate only once the handshake is over."""
        self.results[-1] = TestResult(TestStep.TLS, TestOutcome.FAILED, self.results[-1].took_ms, "", problem.problem())
        return Found(outcome=TestOutcome.SKIPPED)

    async def _login(self) -> Found:
        """Log in where that is asked for; and see whether one is let in, which only the first real request tells."""
        assert self._peer is not None
        text = ""
        if self._settings.mechanism is not SaslMechanism.NONE:
            text = await login.sign_in(self._peer, self._settings, self._profile.secrets.get(Secret.PASSWORD, ""), self._place.address)
        try:
            self._metadata = await self._ask_metadata()
        except HungUp as exc:
            if text:
                raise
            offer = await self._offer()
            if not offer.takes_login:
                raise
            raise LoginNeeded(address=self._place.address, offered=", ".join(offer.mechanisms)) from exc
        return Found(text, TestOutcome.PASSED if text else TestOutcome.SKIPPED)

    async def _ask_metadata(self) -> Any:
        assert self._peer is not None
        version = min(self._apis.get(_METADATA, (0, 1))[1], _OPERATIONS_FROM)
        request = MetadataRequest(topics=None, allow_auto_topic_creation=False, include_cluster_authorized_operations=True)
        return await self._peer.ask(request, version, MetadataResponse)

    async def _offer(self) -> login.Offer:
        """Ask, on a connection of its own, which logins are taken."""
        peer = await KafkaPeer.connect(self._at)
        try:
            if self._settings.tls:
                await certificate.handshake(peer, self._door, protocol.plain)
            return await login.offered(peer, SaslMechanism.PLAIN.value)
        finally:
            await peer.close()

    async def _advertised(self) -> Found:
        brokers = list(self._metadata.brokers)[:MAX_BROKERS]
        if not brokers:
            raise NoBrokersTold(address=self._place.address)
        tried = await asyncio.gather(*(self._try_broker(_Place(one.host, one.port)) for one in brokers))
        lost = {one.node_id: (_Place(one.host, one.port).address, why) for one, why in zip(brokers, tried, strict=True) if why is not None}
        text = " · ".join(_Place(one.host, one.port).address for one in brokers[:6])
        if not lost:
            return Found(text)
        node, (address, why) = next(iter(lost.items()))
        if len(lost) == len(brokers):
            raise AdvertisedUnreachable(node=node, address=address, detail=str(why))
        named = ", ".join(address for address, _ in lost.values())
        problem = SomeBrokersUnreachable(count=len(lost), of=len(brokers), addresses=named, reason=str(why))
        return Found(text, TestOutcome.WARNING, problem)

    async def _try_broker(self, place: _Place) -> UserFacingError | None:
        """Answer why a broker is not to be reached at the address it advertises; None where it is."""
        try:
            async with asyncio.timeout(self.limit_s):
                peer, at = await reach(Peer, await find_name(place.host, place.port), place.address, self.limit_s, nobody=NobodyListens)
                try:
                    if self._settings.tls:
                        await certificate.handshake(peer, Door(self._settings, place.host, at, place.address), protocol.plain)
                finally:
                    await peer.close()
        except UserFacingError as exc:
            return exc
        except TimeoutError:
            return NoAnswer(address=place.address, seconds=self.limit_s)
        return None

    async def _topics(self) -> Found:
        topics = [topic for topic in self._metadata.topics if not topic.error_code]
        own = sorted(topic.name for topic in topics if not topic.is_internal)
        text = registry.some_of(own)
        allowed = getattr(self._metadata, "cluster_authorized_operations", None)
        if not topics and isinstance(allowed, int) and allowed >= 0 and not allowed & _DESCRIBE:
            return Found(text, TestOutcome.WARNING, NoTopicsSeen(user=self._settings.user or "ANONYMOUS"))
        return Found(text)

    async def _registry(self) -> Found:
        if not self._settings.registry_url:
            return Found(outcome=TestOutcome.SKIPPED)
        try:
            return Found(await registry.look(self._settings, self._profile.secrets.get(Secret.REGISTRY_PASSWORD, "")))
        except UserFacingError as exc:  # the panel works without it, with less
            return Found(outcome=TestOutcome.WARNING, problem=exc)


def _place(address: str) -> _Place:
    host, _, port = address.rpartition(":")
    return _Place(host.strip("[]"), int(port))
