"""Starts moves and redrives: checked first, then done by a job that can be watched and stopped."""

from embedded_server.contracts.jobs import Job, JobKind
from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.contracts.rabbitmq import DEFAULT_EXCHANGE, MessageStatus, MoveRequest, RedriveRequest, subject_of
from embedded_server.core.jobs import Jobs, RunningJob
from embedded_server.core.profiles import Profile, require_typed
from embedded_server.journal import Journal, Sieve
from embedded_server.rabbitmq.amqp.links import Links
from embedded_server.rabbitmq.holdings.acts import Acts, NameMissing, check_names
from embedded_server.rabbitmq.transfer.aims import Aimer, aim_of_move, aim_of_redrive
from embedded_server.rabbitmq.transfer.dealer import Plan
from embedded_server.rabbitmq.transfer.transfer import Transfer


class MoveToItself(UserFacingError):
    """A queue's messages would go round in it."""

    status = 422
    title = N_("The target is the queue “{queue}” itself")
    hint = N_("Name another queue as routing key, or an exchange that leads elsewhere.")


class Mover:
    """Moves messages out of queues."""

    def __init__(self, acts: Acts, links: Links, journal: Journal, jobs: Jobs) -> None:
        self._acts = acts
        self._links = links
        self._journal = journal
        self._jobs = jobs

    async def move(self, connection: str, request: MoveRequest) -> Job:
        """Begin to move messages. Raises `NameNotTyped` on production, `FilterError`, and for a target that is the queue itself."""
        check_names(request.exchange, request.routing_key)
        if not request.exchange and request.routing_key == request.queue:
            raise MoveToItself(queue=request.queue)
        target = subject_of(request.exchange, request.routing_key) if request.routing_key else request.exchange or DEFAULT_EXCHANGE
        return await self._start(connection, request, JobKind.MOVE, aim_of_move(request), target)

    async def redrive(self, connection: str, request: RedriveRequest) -> Job:
        """Begin to send dead-lettered messages back to where they first died. Raises what `move` raises."""
        return await self._start(connection, request, JobKind.REDRIVE, aim_of_redrive(request), "")

    async def _start(self, connection: str, request: MoveRequest | RedriveRequest, kind: JobKind, aim: Aimer, target: str) -> Job:
        profile = await self._acts.begin(connection)
        if not request.dry_run:
            require_typed(profile, request.queue, request.typed_name)
        if not request.queue:
            raise NameMissing
        check_names(request.queue)
        plan = Plan(
            connection=connection,
            name=profile.name,
            user=_user_of(profile),
            vhost=request.vhost,
            queue=request.queue,
            sieve=Sieve(request.filter),
            aim=aim,
            status=MessageStatus.MOVED if kind is JobKind.MOVE else MessageStatus.REDRIVEN,
            exchange=request.exchange if isinstance(request, MoveRequest) else "",
            limit=max(0, request.limit),
            dry_run=request.dry_run,
            all_to=target if isinstance(request, MoveRequest) and request.routing_key and not request.filter.strip() else "",
        )

        async def work(job: RunningJob) -> None:
            try:
                await Transfer(self._links, self._journal, plan, job).run()
            finally:
                self._acts.changed(connection)

        return self._jobs.start(
            kind,
            connection,
            request.vhost,
            work,
            source=request.queue,
            target=target,
            dry_run=request.dry_run,
            filter='kind:message headers.job:"{id}"',
        ).snapshot()


def _user_of(profile: Profile) -> str:
    return profile.spec.rabbitmq.user if profile.spec.rabbitmq is not None else ""
