"""Which routing keys users may use with topic exchanges, in RabbitMQ's JSON."""

from typing import Any

from embedded_server.brokers.amqp.permissions import InvalidPattern, TopicPermissions
from embedded_server.brokers.amqp.users import NoSuchUser
from embedded_server.brokers.management.accounts import require_vhost, rows_of, user_of
from embedded_server.brokers.management.call import CREATED, NOTHING, Answer, Call
from embedded_server.brokers.management.errors import bad_request, keys_missing, not_found
from embedded_server.brokers.management.listing import Row


def topic_permission_rows(call: Call) -> list[Row]:
    """All there are, in the order of user, virtual host and exchange."""
    return [
        {"user": user, "vhost": vhost, "exchange": exchange, "write": found.write, "read": found.read}
        for user, vhost, exchange, found in call.node.broker.users.all_topic_permissions()
    ]


async def list_topic_permissions(call: Call) -> Answer:
    """``GET topic-permissions``."""
    return await rows_of(call, topic_permission_rows(call))


async def list_user_topic_permissions(call: Call, name: str) -> Answer:
    """``GET users/{name}/topic-permissions``."""
    user_of(call, name)
    return await rows_of(call, [row for row in topic_permission_rows(call) if row["user"] == name])


async def list_vhost_topic_permissions(call: Call, vhost: str) -> Answer:
    """``GET vhosts/{name}/topic-permissions``."""
    require_vhost(call, vhost)
    return await rows_of(call, [row for row in topic_permission_rows(call) if row["vhost"] == vhost])


async def get_topic_permissions(call: Call, vhost: str, user: str) -> Answer:
    """``GET topic-permissions/{vhost}/{user}``: one row for each exchange."""
    rows = _rows_between(call, vhost, user)
    if not rows:
        raise not_found()
    return await rows_of(call, rows)


async def put_topic_permissions(call: Call, vhost: str, user: str) -> Answer:
    """``PUT topic-permissions/{vhost}/{user}``, for the exchange in the body."""
    is_new = not _rows_between(call, vhost, user)
    save_topic_permission(call, {**call.json(), "user": user, "vhost": vhost})
    return CREATED if is_new else NOTHING


async def delete_topic_permissions(call: Call, vhost: str, user: str, exchange: str | None = None) -> Answer:
    """``DELETE topic-permissions/{vhost}/{user}``, and the same for one exchange with its name behind."""
    if not _rows_between(call, vhost, user):
        raise not_found()
    call.node.broker.users.clear_topic_permissions(user, vhost, exchange)
    return NOTHING


def save_topic_permission(call: Call, body: dict[str, Any]) -> None:
    """Limit a user's routing keys as *body* tells; raises ``ApiError``."""
    broker = call.node.broker
    user, vhost = body.get("user"), body.get("vhost")
    if vhost not in broker.vhosts or not any(one.name == user for one in broker.users.all()):
        raise bad_request("vhost_or_user_not_found")
    missing = [name for name in ("exchange", "write", "read") if name not in body]
    if missing:
        raise keys_missing(missing)
    told = [body[name] for name in ("user", "vhost", "exchange", "write", "read")]
    texts = [one for one in told if isinstance(one, str)]
    if len(texts) != len(told):
        raise bad_request("permission_not_string")
    user, vhost, exchange, write, read = texts
    try:
        broker.users.set_topic_permissions(user, vhost, exchange, TopicPermissions(write, read))
    except NoSuchUser:
        raise bad_request("vhost_or_user_not_found") from None
    except InvalidPattern as exc:
        raise bad_request(["invalid_regexp", exc.pattern, exc.reason]) from exc


def _rows_between(call: Call, vhost: str, user: str) -> list[Row]:
    return [row for row in topic_permission_rows(call) if (row["vhost"], row["user"]) == (vhost, user)]
