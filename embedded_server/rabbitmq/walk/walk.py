"""The walk itself: eight steps, each timed, each with what was found or what is wrong and what to try."""

import asyncio
import contextlib
import ssl
from typing import Any, Final

from pamqp import commands

from embedded_server.contracts.connections import RabbitSettings, Secret, TestOutcome, TestReport, TestResult, TestStep
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile
from embedded_server.core.reach import certificate
from embedded_server.core.reach.peer import HungUp, shown
from embedded_server.core.reach.problems import LinkProblem, NameSlow, NoAnswer
from embedded_server.core.reach.steps import STEP_LIMIT_S, Found, Walk, find_name, is_address, reach
from embedded_server.core.reach.tls import tls_problem
from embedded_server.rabbitmq.amqp.link import address_of
from embedded_server.rabbitmq.problems import BrokerClosed, LinkLost, LoginRefused, NobodyListens, ProtocolBroken, VHostRefused
from embedded_server.rabbitmq.walk import management, protocol
from embedded_server.rabbitmq.walk.handshake import NotFrames, OtherVersion, close, open_vhost, start_ok, tune_ok
from embedded_server.rabbitmq.walk.methods import AmqpPeer, Refused
from embedded_server.rabbitmq.walk.permissions import ALL, missing_permissions
from embedded_server.rabbitmq.walk.problems import ClosesAtOnce, NoPlainLogin, PermissionsMissing, VHostMissing, VHostMissingAmong

_GOODBYE_LIMIT_S: Final = 1.0


async def walk(profile: Profile, *, limit_s: float = STEP_LIMIT_S) -> TestReport:
    """Walk from the host's name to the management API; a step takes at most *limit_s*. Nothing is left on the broker."""
    one = _Walk(profile, limit_s)
    try:
        return await one.take_all()
    finally:
        await one.end()


class _Walk(Walk):
    def __init__(self, profile: Profile, limit_s: float) -> None:
        super().__init__(limit_s)
        settings = profile.spec.rabbitmq
        assert settings is not None, "checked when it was saved"
        self._profile = profile
        self._settings: RabbitSettings = settings
        self._address = address_of(settings)
        self._addresses: list[tuple[str, int]] = []
        self._at = ("", 0)
        self._peer: AmqpPeer | None = None
        self._start: commands.Connection.Start | None = None
        self._tune: commands.Connection.Tune | None = None

    async def take_all(self) -> TestReport:
        return await self.run(
            {
                TestStep.NAME: self._name,
                TestStep.PORT: self._port,
                TestStep.TLS: self._tls,
                TestStep.PROTOCOL: self._protocol,
                TestStep.LOGIN: self._login,
                TestStep.VHOST: self._vhost,
                TestStep.PERMISSIONS: self._permissions,
                TestStep.MANAGEMENT: self._management,
            }
        )

    async def end(self) -> None:
        """Close what is open; in good order where the broker still listens."""
        if self._peer is None:
            return
        if self._tune is not None:
            with contextlib.suppress(TimeoutError, HungUp, NotFrames, OtherVersion, Refused, OSError):
                async with asyncio.timeout(_GOODBYE_LIMIT_S):
                    self._peer.send(close())
                    await self._peer.expect(commands.Connection.CloseOk)
        await self._peer.close()

    def limit_of(self, step: TestStep) -> float | None:
        return None if step is TestStep.PROTOCOL else self.limit_s  # that one looks closer when nothing comes

    def meaning(self, step: TestStep, exc: Exception) -> UserFacingError | None:
        match exc:
            case TimeoutError():
                return self._slow(step)
            case HungUp() | OSError():
                return LinkLost(address=self._address, detail=str(exc))
            case Refused():
                return BrokerClosed(address=self._address, code=exc.code, text=exc.text)
            case NotFrames() | OtherVersion():
                data = exc.data if isinstance(exc, NotFrames) else b"AMQP"
                return ProtocolBroken(address=self._address, reason=f"“{shown(data)}”")
        return None

    def _slow(self, step: TestStep) -> UserFacingError:
        if step is TestStep.NAME:
            return NameSlow(host=self._settings.host, seconds=self.limit_s)
        return NoAnswer(address=self._address, seconds=self.limit_s)

    # -- the steps

    async def _name(self) -> Found:
        host = self._settings.host
        self._addresses = await find_name(host, int(self._address.rpartition(":")[2]))
        if is_address(host):
            return Found(host, TestOutcome.SKIPPED)
        return Found(" · ".join(address for address, _ in self._addresses[:6]))

    async def _port(self) -> Found:
        self._peer, self._at = await reach(AmqpPeer, self._addresses, self._address, self.limit_s, nobody=NobodyListens)
        return Found(f"{self._at[0]} · {self._at[1]}")

    @property
    def _door(self) -> certificate.Door:
        return certificate.Door(self._settings, self._settings.host, self._at, self._address)

    async def _tls(self) -> Found:
        if not self._settings.tls:
            return Found(outcome=TestOutcome.SKIPPED)
        assert self._peer is not None
        found = await certificate.handshake(self._peer, self._door, protocol.plain)
        return Found(found.text, TestOutcome.PASSED if found.problem is None else TestOutcome.WARNING, found.problem)

    async def _protocol(self) -> Found:
        assert self._peer is not None
        try:
            self._start = await protocol.begin(self._peer, self._settings, self._at, self._address, self.limit_s)
        except ssl.SSLError as exc:
            return self._tls_failed_after_all(tls_problem(exc, self._address))
        except ClosesAtOnce:
            complaint = await certificate.complaint(self._door) if self._settings.tls else None
            if complaint is None:
                raise
            return self._tls_failed_after_all(complaint)
        return Found(protocol.product(self._start))

    def _tls_failed_after_all(self, problem: LinkProblem) -> Found:
        """TLS 1.3 refuses a client's certificate only once the handshake is over."""
        self.results[-1] = TestResult(TestStep.TLS, TestOutcome.FAILED, self.results[-1].took_ms, "", problem.problem())
        return Found(outcome=TestOutcome.SKIPPED)

    async def _login(self) -> Found:
        assert self._peer is not None
        assert self._start is not None
        user, password = self._settings.user, self._profile.secrets.get(Secret.PASSWORD, "")
        mechanisms = (self._start.mechanisms or "").split()
        if "PLAIN" not in mechanisms:
            raise NoPlainLogin(address=self._address, mechanisms=", ".join(mechanisms) or "nothing")
        self._peer.send(start_ok(user, password))
        try:
            self._tune = await self._peer.expect(commands.Connection.Tune)
        except (Refused, HungUp) as exc:
            raise LoginRefused(address=self._address, user=user, detail=str(exc)) from exc
        return Found(user)

    async def _vhost(self) -> Found:
        assert self._peer is not None
        assert self._tune is not None
        vhost = self._settings.vhost
        self._peer.send(tune_ok(self._tune) + open_vhost(vhost))
        try:
            await self._peer.expect(commands.Connection.OpenOk)
        except (Refused, HungUp) as exc:
            self._tune = None  # the broker has closed: nobody to say goodbye to
            raise await self._vhost_problem(exc) from exc
        return Found(vhost)

    async def _vhost_problem(self, exc: Refused | HungUp) -> UserFacingError:
        vhost, place = self._settings.vhost, {"address": self._address, "vhost": self._settings.vhost}
        if isinstance(exc, Refused) and "not found" in exc.text:
            known = await management.vhosts(self._profile)
            missing: type[Any] = VHostMissingAmong if known else VHostMissing
            told: UserFacingError = missing(**place, **({"known": ", ".join(known)} if known else {}))
            return told
        if isinstance(exc, Refused) and "limit" in exc.text:
            return BrokerClosed(address=self._address, code=exc.code, text=exc.text)
        return VHostRefused(address=self._address, user=self._settings.user, vhost=vhost, detail=str(exc))

    async def _permissions(self) -> Found:
        assert self._peer is not None
        missing = await missing_permissions(self._peer)
        granted = " · ".join(one for one in ALL if one not in missing)
        if not missing:
            return Found(granted)
        problem = PermissionsMissing(user=self._settings.user, missing=", ".join(missing), vhost=self._settings.vhost)
        return Found(granted, TestOutcome.WARNING, problem)

    async def _management(self) -> Found:
        if not self._settings.management:
            return Found(outcome=TestOutcome.SKIPPED)
        try:
            return Found(await management.look(self._profile, self.limit_s))
        except UserFacingError as exc:  # the panel works without it, with less
            return Found(outcome=TestOutcome.WARNING, problem=exc)
