"""The requests of administrators: FindCoordinator, ListGroups, DescribeGroups, DeleteGroups; on the wire and off it."""

from typing import TYPE_CHECKING, Any, Final

from embedded_server.brokers.kafka import operations
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.groups.group import Group
from embedded_server.brokers.kafka.groups.values import GroupFault, GroupState
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker
    from embedded_server.brokers.kafka.coordinators import Coordinators

MANY_KEYS_FROM: Final = 4
MISSING_TOLD_FROM: Final = 6
GROUP_KEY, TRANSACTION_KEY = 0, 1
CLASSIC: Final = "classic"
"""The only type of groups here."""


class AdminHandlers:
    """Answers about groups."""

    def __init__(self, broker: "Broker", coordinators: "Coordinators") -> None:
        self._broker = broker
        self._coordinators = coordinators

    def find_coordinator(self, request: Request) -> Answer:
        """Tell who looks after a group or a transactional id: this broker."""
        body = request.body
        code, why = self._ready(body.key_type)
        found = {"error_code": code, "error_message": why, "node_id": -1, "host": "", "port": -1}
        if not code:
            found |= {"node_id": self._broker.node_id, "host": self._broker.host, "port": self._broker.port}
        if request.version < MANY_KEYS_FROM:
            return found
        return {"coordinators": [{"key": key, **found} for key in body.coordinator_keys]}

    def _ready(self, kind: int) -> tuple[ErrorCode, str | None]:
        topic = {GROUP_KEY: self._coordinators.groups_topic, TRANSACTION_KEY: self._coordinators.transactions_topic}.get(kind)
        if topic is None:
            return ErrorCode.INVALID_REQUEST, None
        try:
            topic.make()
        except LogFault as fault:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE, str(fault)
        return ErrorCode.NONE, None

    def list(self, request: Request) -> Answer:
        """Tell the groups, of some states where asked so."""
        states = {one.casefold() for one in request.body.states_filter}
        types = {one.casefold() for one in request.body.types_filter}
        groups = self._coordinators.groups.all.values() if not types or CLASSIC in types else ()
        return {
            "error_code": ErrorCode.NONE,
            "groups": [
                {
                    "group_id": one.name,
                    "protocol_type": one.protocol_type or "",
                    "group_state": one.state.value,
                    "group_type": CLASSIC,
                }
                for one in groups
                if not states or one.state.value.casefold() in states
            ],
        }

    def describe(self, request: Request) -> Answer:
        """Tell groups' states and members."""
        body = request.body
        wanted = bool(body.include_authorized_operations)
        groups = self._coordinators.groups.all
        told = []
        for name in body.groups:
            group = groups.get(name)
            one = _missing(name, request.version) if group is None else _described(group)
            told.append(one | {"authorized_operations": operations.told(operations.GROUP, wanted=wanted and not one["error_code"])})
        return {"groups": told}

    def delete(self, request: Request) -> Answer:
        """Forget groups that nobody is in."""
        return {"results": [{"group_id": name, "error_code": self._delete(name)} for name in request.body.groups_names]}

    def _delete(self, name: str) -> ErrorCode:
        try:
            self._coordinators.groups.delete(name)
        except GroupFault as fault:
            return fault.code
        return ErrorCode.NONE


def handlers(broker: "Broker", coordinators: "Coordinators") -> dict[ApiKey, Handler]:
    """The handlers of what is asked about groups."""
    made = AdminHandlers(broker, coordinators)
    return {
        ApiKey.FIND_COORDINATOR: made.find_coordinator,
        ApiKey.LIST_GROUPS: made.list,
        ApiKey.DESCRIBE_GROUPS: made.describe,
        ApiKey.DELETE_GROUPS: made.delete,
    }


def _missing(name: str, version: int) -> dict[str, Any]:
    told = {"group_id": name, "group_state": GroupState.DEAD.value, "error_code": ErrorCode.NONE}
    if version >= MISSING_TOLD_FROM:
        told |= {"error_code": ErrorCode.GROUP_ID_NOT_FOUND, "error_message": f"Group {name} not found."}
    return told


def _described(group: Group) -> dict[str, Any]:
    is_stable = group.state is GroupState.STABLE
    return {
        "error_code": ErrorCode.NONE,
        "group_id": group.name,
        "group_state": group.state.value,
        "protocol_type": group.protocol_type or "",
        "protocol_data": (group.protocol or "") if is_stable else "",
        "members": [
            {
                "member_id": one.member_id,
                "group_instance_id": one.instance_id,
                "client_id": one.client_id,
                "client_host": one.client_host,
                "member_metadata": one.metadata(group.protocol) if is_stable else b"",
                "member_assignment": one.assignment if is_stable else b"",
            }
            for one in group.members.values()
        ],
    }
