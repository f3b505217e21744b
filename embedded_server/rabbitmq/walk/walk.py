"""The walk itself: eight steps, each timed, each with what was found or what is wrong and what to try."""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from pamqp import commands

from embedded_server.contracts.connections import RabbitSettings, Secret, TestOutcome, TestReport, TestResult, TestStep
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile
from embedded_server.rabbitmq.amqp.link import address_of
from embedded_server.rabbitmq.problems import (
    BrokerClosed,
    LinkLost,
    LinkProblem,
    LoginRefused,
    NameNotFound,
    NetworkFails,
    NoAnswer,
    NobodyListens,
    ProtocolBroken,
    VHostRefused,
)
from embedded_server.rabbitmq.walk import certificate, management, protocol
from embedded_server.rabbitmq.walk.handshake import NotFrames, OtherVersion, close, open_vhost, start_ok, tune_ok
from embedded_server.rabbitmq.walk.peer import HungUp, Peer, Refused, resolve, shown
from embedded_server.rabbitmq.walk.permissions import ALL, missing_permissions
from embedded_server.rabbitmq.walk.problems import ClosesAtOnce, NameSlow, NoPlainLogin, PermissionsMissing, VHostMissing, VHostMissingAmong

STEP_LIMIT_S: Final = 5.0
_GOODBYE_LIMIT_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """How a step that did not fail ended."""

    text: str = ""
    outcome: TestOutcome = TestOutcome.PASSED
    problem: UserFacingError | None = None


async def walk(profile: Profile, *, limit_s: float = STEP_LIMIT_S) -> TestReport:
    """Walk from the host's name to the management API; a step takes at most *limit_s*. Nothing is left on the broker."""
    one = _Walk(profile, limit_s)
    try:
        return await one.run()
    finally:
        await one.end()


class _Walk:
    def __init__(self, profile: Profile, limit_s: float) -> None:
        settings = profile.spec.rabbitmq
        assert settings is not None, "checked when it was saved"
        self._profile = profile
        self._settings: RabbitSettings = settings
        self._limit_s = limit_s
        self._address = address_of(settings)
        self._addresses: list[tuple[str, int]] = []
        self._at = ("", 0)
        self._peer: Peer | None = None
        self._start: commands.Connection.Start | None = None
        self._tune: commands.Connection.Tune | None = None
        self._results: list[TestResult] = []

    async def run(self) -> TestReport:
        acts: dict[TestStep, Callable[[], Awaitable[Found]]] = {
            TestStep.NAME: self._name,
            TestStep.PORT: self._port,
            TestStep.TLS: self._tls,
            TestStep.PROTOCOL: self._protocol,
            TestStep.LOGIN: self._login,
            TestStep.VHOST: self._vhost,
            TestStep.PERMISSIONS: self._permissions,
            TestStep.MANAGEMENT: self._management,
        }
        for step, act in acts.items():
            if any(result.outcome is TestOutcome.FAILED for result in self._results):
                self._results.append(TestResult(step, TestOutcome.SKIPPED))
            else:
                await self._take(step, act)
        return TestReport(self._results)

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

    async def _take(self, step: TestStep, act: Callable[[], Awaitable[Found]]) -> None:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(None if step is TestStep.PROTOCOL else self._limit_s):  # that one looks closer when nothing comes
                found = await act()
        except UserFacingError as exc:
            found = Found(outcome=TestOutcome.FAILED, problem=exc)
        except TimeoutError:
            found = Found(outcome=TestOutcome.FAILED, problem=self._slow(step))
        except (HungUp, OSError) as exc:
            found = Found(outcome=TestOutcome.FAILED, problem=LinkLost(address=self._address, detail=str(exc)))
        except Refused as exc:
            found = Found(outcome=TestOutcome.FAILED, problem=BrokerClosed(address=self._address, code=exc.code, text=exc.text))
        except (NotFrames, OtherVersion) as exc:
            data = exc.data if isinstance(exc, NotFrames) else b"AMQP"
            found = Found(outcome=TestOutcome.FAILED, problem=ProtocolBroken(address=self._address, reason=f"“{shown(data)}”"))
        took_ms = (time.perf_counter() - began) * 1000
        problem = found.problem.problem() if found.problem is not None else None
        self._results.append(TestResult(step, found.outcome, round(took_ms, 2), found.text, problem))

    def _slow(self, step: TestStep) -> UserFacingError:
        if step is TestStep.NAME:
            return NameSlow(host=self._settings.host, seconds=self._limit_s)
        return NoAnswer(address=self._address, seconds=self._limit_s)

    # -- the steps

    async def _name(self) -> Found:
        host, port = self._settings.host, int(self._address.rpartition(":")[2])
        try:
            self._addresses = await resolve(host, port)
        except (socket.gaierror, UnicodeError) as exc:
            raise NameNotFound(host=host, detail=str(exc)) from exc
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(host.partition("%")[0])
            return Found(host, TestOutcome.SKIPPED)  # an address has no name to look up
        return Found(" · ".join(address for address, _ in self._addresses[:6]))

    async def _port(self) -> Found:
        failure: OSError | None = None
        share_s = self._limit_s / max(1, len(self._addresses))  # one that swallows packets leaves the others their time
        for address in self._addresses:
            try:
                async with asyncio.timeout(share_s):
                    self._peer = await Peer.connect(address)
            except OSError as exc:
                failure = exc
            else:
                self._at = address
                return Found(f"{address[0]} · {address[1]}")
        if isinstance(failure, TimeoutError) and not failure.errno:
            raise failure  # ours; the system's own has a reason
        if isinstance(failure, ConnectionRefusedError) or failure is None:
            raise NobodyListens(address=self._address) from failure
        raise NetworkFails(address=self._address, reason=failure.strerror or str(failure)) from failure

    async def _tls(self) -> Found:
        if not self._settings.tls:
            return Found(outcome=TestOutcome.SKIPPED)
        assert self._peer is not None
        found = await certificate.handshake(self._peer, self._settings, self._at, self._address)
        return Found(found.text, TestOutcome.PASSED if found.problem is None else TestOutcome.WARNING, found.problem)

    async def _protocol(self) -> Found:
        assert self._peer is not None
        try:
            self._start = await protocol.begin(self._peer, self._settings, self._at, self._address, self._limit_s)
        except ssl.SSLError as exc:
            return self._tls_failed_after_all(certificate.problem_of(exc, self._address))
        except ClosesAtOnce:
            complaint = await certificate.complaint(self._settings, self._at, self._address) if self._settings.tls else None
            if complaint is None:
                raise
            return self._tls_failed_after_all(complaint)
        return Found(protocol.product(self._start))

    def _tls_failed_after_all(self, problem: LinkProblem) -> Found:
        """TLS 1.3 refuses a client's certificate only once the handshake is over."""
        self._results[-1] = TestResult(TestStep.TLS, TestOutcome.FAILED, self._results[-1].took_ms, "", problem.problem())
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
            return Found(await management.look(self._profile, self._limit_s))
        except UserFacingError as exc:  # the panel works without it, with less
            return Found(outcome=TestOutcome.WARNING, problem=exc)
