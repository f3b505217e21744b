"""What only the management API can do: close a client's connection, take definitions out and in, switch the firehose."""

from typing import Any, Final

from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.rabbitmq.holdings.acts import Acts
from embedded_server.rabbitmq.management.client import path_of
from embedded_server.rabbitmq.management.pool import ManagementPool
from embedded_server.rabbitmq.management.readings import inner

_COUNTED: Final = ("users", "vhosts", "permissions", "policies", "queues", "exchanges", "bindings")
_KEPT_OF_A_VHOST: Final = ("description", "tags", "default_queue_type")
REASON_CHARS: Final = 200


class NotDefinitions(UserFacingError):
    """JSON, but not what an export writes."""

    status = 422
    title = N_("These are no definitions of a broker")
    hint = N_("Import the JSON object that an export writes: it has lists such as queues, exchanges and bindings.")


class Administrator:
    """Administers brokers. Without their management API it raises the `ManagementMissing` that says why."""

    def __init__(self, acts: Acts, pool: ManagementPool) -> None:
        self._acts = acts
        self._pool = pool

    async def close_client(self, connection: str, name: str, reason: str = "") -> None:
        """Close a client's connection; the client is told *reason*. Raises `ClientNotOnBroker`."""
        profile = await self._acts.begin(connection)
        told = " ".join(reason.split())[:REASON_CHARS] or "Closed with Switchroom"
        management = await self._pool.of(connection)
        await management.delete(path_of("connections", name), headers={"X-Reason": told.encode("ascii", "replace").decode()})
        self._acts.done(profile, "", "client", name, "closed", {"reason": reason})

    async def definitions(self, connection: str, vhost: str = "") -> dict[str, Any]:
        """Answer all that is declared, in a virtual host or in all of them with users and permissions."""
        management = await self._pool.of(connection)
        found = await management.get_now(path_of("definitions", vhost) if vhost else "definitions")
        return dict(found)

    async def import_definitions(self, connection: str, definitions: Any, vhost: str = "") -> None:
        """Declare all that *definitions* name. Nothing is deleted. Raises `NotDefinitions`."""
        profile = await self._acts.begin(connection)
        counts = {name: len(found) for name in _COUNTED if isinstance(found := inner(definitions, name), list)}
        if not counts:
            raise NotDefinitions
        management = await self._pool.of(connection)
        await management.post(path_of("definitions", vhost) if vhost else "definitions", definitions)
        self._acts.done(profile, vhost, "definitions", "", "imported", counts)

    async def trace(self, connection: str, vhost: str, *, on: bool) -> None:
        """Switch a virtual host's firehose on or off. What it costs while it is on, the broker pays."""
        profile = await self._acts.begin(connection)
        management = await self._pool.of(connection)
        path = path_of("vhosts", vhost)
        now = await management.get_now(path)
        kept = {name: now[name] for name in _KEPT_OF_A_VHOST if isinstance(now, dict) and now.get(name) not in (None, "undefined")}
        await management.put(path, kept | {"tracing": on})
        self._acts.done(profile, vhost, "tracing", vhost, "on" if on else "off")
