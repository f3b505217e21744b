"""Virtual hosts, users and their permissions in RabbitMQ's JSON."""

from collections.abc import Iterable
from typing import Any

from embedded_server.brokers.amqp.passwords import HASHING, BadPasswordHash
from embedded_server.brokers.amqp.permissions import InvalidPattern, Permissions
from embedded_server.brokers.amqp.users import NoSuchUser, User
from embedded_server.brokers.management.call import CREATED, NOTHING, Answer, Call
from embedded_server.brokers.management.errors import bad_request, not_found
from embedded_server.brokers.management.listing import Listing, Row, columns_of, cut

# -- users


def user_row(user: User) -> Row:
    """A user, whose password nobody can read."""
    return {
        "name": user.name,
        "password_hash": user.password_hash,
        "hashing_algorithm": user.hashing,
        "tags": list(user.tags),
        "limits": {},
    }


async def who_am_i(call: Call) -> Answer:
    """``GET whoami``."""
    return Answer(body={"name": call.user.name, "tags": list(call.user.tags)})


async def list_users(call: Call) -> Answer:
    """``GET users``."""
    return await rows_of(call, [user_row(user) for user in call.node.broker.users.all()])


async def get_user(call: Call, name: str) -> Answer:
    """``GET users/{name}``."""
    return Answer(body=cut(user_row(user_of(call, name)), columns_of(call)))


async def put_user(call: Call, name: str) -> Answer:
    """``PUT users/{name}``, with ``password`` or ``password_hash``, and ``tags``."""
    is_new = not _exists(call, name)
    body = call.json()
    if "tags" not in body:
        raise bad_request("tags_not_present")
    save_user(call, name, body)
    return CREATED if is_new else NOTHING


def save_user(call: Call, name: str, body: dict[str, Any]) -> None:
    """Make or change a user as *body* tells; raises ``ApiError``."""
    password, password_hash = body.get("password"), body.get("password_hash") or ""
    hashing = body.get("hashing_algorithm") or HASHING
    if not isinstance(password, str | None) or not isinstance(password_hash, str) or not isinstance(hashing, str):
        raise bad_request("password_not_string")
    try:
        call.node.broker.users.put(name, password=password, password_hash=password_hash, hashing=hashing, tags=tags_of(body.get("tags")))
    except BadPasswordHash as exc:
        raise bad_request("invalid_password_hash") from exc


async def delete_user(call: Call, name: str) -> Answer:
    """``DELETE users/{name}``; their connections are closed."""
    user_of(call, name)
    call.node.broker.delete_user(name)
    return NOTHING


def tags_of(told: object) -> Iterable[str]:
    """Tags, told as a list or as one text with commas; raises ``ApiError``."""
    if isinstance(told, str):
        return [tag.strip() for tag in told.split(",") if tag.strip()]
    if isinstance(told, list) and all(isinstance(tag, str) for tag in told):
        return told
    raise bad_request("tags_not_list")


def _exists(call: Call, name: str) -> bool:
    return any(user.name == name for user in call.node.broker.users.all())


def user_of(call: Call, name: str) -> User:
    """The user *name*; raises ``ApiError`` where there is none."""
    try:
        return call.node.broker.users.get(name)
    except NoSuchUser:
        raise not_found() from None


# -- permissions


def permission_row(user: str, vhost: str, permissions: Permissions) -> Row:
    """What a user may do in a virtual host."""
    return {"user": user, "vhost": vhost, "configure": permissions.configure, "write": permissions.write, "read": permissions.read}


async def list_permissions(call: Call) -> Answer:
    """``GET permissions``."""
    return await rows_of(call, [permission_row(*one) for one in call.node.broker.users.all_permissions()])


async def list_user_permissions(call: Call, name: str) -> Answer:
    """``GET users/{name}/permissions``."""
    user_of(call, name)
    return await rows_of(call, [permission_row(*one) for one in call.node.broker.users.all_permissions() if one[0] == name])


async def list_vhost_permissions(call: Call, vhost: str) -> Answer:
    """``GET vhosts/{name}/permissions``."""
    require_vhost(call, vhost)
    return await rows_of(call, [permission_row(*one) for one in call.node.broker.users.all_permissions() if one[1] == vhost])


async def get_permission(call: Call, vhost: str, user: str) -> Answer:
    """``GET permissions/{vhost}/{user}``."""
    found = call.node.broker.users.permissions(user, vhost)
    if found is None:
        raise not_found()
    return Answer(body=cut(permission_row(user, vhost, found), columns_of(call)))


async def put_permission(call: Call, vhost: str, user: str) -> Answer:
    """``PUT permissions/{vhost}/{user}``."""
    is_new = call.node.broker.users.permissions(user, vhost) is None
    save_permission(call, user, vhost, call.json("configure", "write", "read"))
    return CREATED if is_new else NOTHING


def save_permission(call: Call, user: str, vhost: str, body: dict[str, Any]) -> None:
    """Let *user* into *vhost* as *body* tells; raises ``ApiError``."""
    broker = call.node.broker
    if vhost not in broker.vhosts:
        raise bad_request("vhost_or_user_not_found")
    patterns = [body.get(name) for name in ("configure", "write", "read")]
    texts = [pattern for pattern in patterns if isinstance(pattern, str)]
    if len(texts) != len(patterns):
        raise bad_request("permission_not_string")
    try:
        broker.users.set_permissions(user, vhost, Permissions(*texts))
    except NoSuchUser:
        raise bad_request("vhost_or_user_not_found") from None
    except InvalidPattern as exc:
        raise bad_request(["invalid_regexp", exc.pattern, exc.reason]) from exc


async def delete_permission(call: Call, vhost: str, user: str) -> Answer:
    """``DELETE permissions/{vhost}/{user}``."""
    if call.node.broker.users.permissions(user, vhost) is None:
        raise not_found()
    call.node.broker.users.clear_permissions(user, vhost)
    return NOTHING


async def rows_of(call: Call, rows: list[Row]) -> Answer:
    """A list of *rows* that are made already."""
    listing: Listing[Row] = Listing(dict, lambda row: str(row.get("name", "")), _nothing, {})
    return await listing.answer(call, rows)


def _nothing(_row: Row) -> int:
    """No order but that in which they come."""
    return 0


def require_vhost(call: Call, vhost: str) -> None:
    """Raise ``ApiError`` where there is no such virtual host."""
    if vhost not in call.node.broker.vhosts:
        raise not_found()
