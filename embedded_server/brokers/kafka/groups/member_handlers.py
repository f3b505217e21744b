"""The requests of members: JoinGroup, SyncGroup, Heartbeat, LeaveGroup; on the wire and off it."""

from typing import TYPE_CHECKING, Any, Final

from embedded_server.brokers.kafka.codec import Values
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.groups.values import Caller, GroupFault, Join, Joined, Sync, Synced
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.coordinators import Coordinators

MEMBER_ID_NEEDED_FROM: Final = 4
SKIPPING_FROM: Final = 9
NULL_PROTOCOL_FROM: Final = 7
MANY_LEAVE_FROM: Final = 3


class Answering:
    """The way from a callback to a request's answer, whether it comes at once or while the request is parked."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._answer: Values | None = None
        self._is_parked = False

    def give(self, answer: Values) -> None:
        """The answer is here."""
        if self._is_parked:
            self._request.answer(answer)
        else:
            self._answer = answer

    def result(self) -> Answer:
        """What the handler returns."""
        if self._answer is not None:
            return self._answer
        self._is_parked = True
        return self._request.park()


class MemberHandlers:
    """Hands requests to the groups' coordinator and words its answers."""

    def __init__(self, coordinators: "Coordinators") -> None:
        self._coordinators = coordinators

    def join(self, request: Request) -> Answer:
        """Join a group; the answer waits for the other members."""
        body, version = request.body, request.version
        rebalance = body.rebalance_timeout_ms
        join = Join(
            Caller(body.group_id, body.member_id, body.group_instance_id),
            request.client_id,
            f"/{request.connection.host}",
            body.session_timeout_ms,
            rebalance if rebalance >= 0 else body.session_timeout_ms,
            body.protocol_type,
            tuple((one.name, bytes(one.metadata)) for one in body.protocols),
            needs_member_id=version >= MEMBER_ID_NEEDED_FROM,
            may_skip_assignment=version >= SKIPPING_FROM,
        )
        answering = Answering(request)
        self._coordinators.groups.members.join(join, lambda joined: answering.give(_joined(joined, version)))
        return answering.result()

    def sync(self, request: Request) -> Answer:
        """Bring or get an assignment; the answer waits for the leader's."""
        body = request.body
        sync = Sync(
            Caller(body.group_id, body.member_id, body.group_instance_id, body.generation_id),
            body.protocol_type,
            body.protocol_name,
            {one.member_id: bytes(one.assignment) for one in body.assignments},
        )
        answering = Answering(request)
        self._coordinators.groups.members.sync(sync, lambda synced: answering.give(_synced(synced)))
        return answering.result()

    def heartbeat(self, request: Request) -> Answer:
        """Take a sign of life."""
        body = request.body
        caller = Caller(body.group_id, body.member_id, body.group_instance_id, body.generation_id)
        return {"error_code": self._coordinators.groups.members.heartbeat(caller)}

    def leave(self, request: Request) -> Answer:
        """Let one member go, or several."""
        body = request.body
        if request.version < MANY_LEAVE_FROM:
            leaving = [Caller(body.group_id, body.member_id)]
        else:
            leaving = [Caller(body.group_id, one.member_id, one.group_instance_id) for one in body.members]
        try:
            errors = self._coordinators.groups.members.leave(body.group_id, leaving)
        except GroupFault as fault:
            return {"error_code": fault.code}
        if request.version < MANY_LEAVE_FROM:
            return {"error_code": errors[0]}
        told = zip(leaving, errors, strict=True)
        return {
            "error_code": ErrorCode.NONE,
            "members": [{"member_id": one.member_id, "group_instance_id": one.instance_id, "error_code": code} for one, code in told],
        }


def handlers(coordinators: "Coordinators") -> dict[ApiKey, Handler]:
    """The handlers of what members send."""
    made = MemberHandlers(coordinators)
    return {
        ApiKey.JOIN_GROUP: made.join,
        ApiKey.SYNC_GROUP: made.sync,
        ApiKey.HEARTBEAT: made.heartbeat,
        ApiKey.LEAVE_GROUP: made.leave,
    }


def _joined(joined: Joined, version: int) -> dict[str, Any]:
    members = [
        {"member_id": one.member_id, "metadata": one.metadata, **({"group_instance_id": one.instance_id} if version >= 5 else {})}
        for one in joined.members
    ]
    return {
        "error_code": joined.error,
        "generation_id": joined.generation,
        "protocol_type": joined.protocol_type,
        "protocol_name": joined.protocol if version >= NULL_PROTOCOL_FROM else joined.protocol or "",
        "leader": joined.leader,
        "skip_assignment": joined.skip_assignment,
        "member_id": joined.member_id,
        "members": members,
    }


def _synced(synced: Synced) -> dict[str, Any]:
    return {
        "error_code": synced.error,
        "protocol_type": synced.protocol_type,
        "protocol_name": synced.protocol,
        "assignment": synced.assignment,
    }
