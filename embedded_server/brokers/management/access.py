"""Who may call the management API: clients of this machine that know a user of the broker, and no page in a browser.

A foreign name that was made to point at 127.0.0.1 shows in ``Host``, a foreign page in ``Origin`` or ``Sec-Fetch-Site``.
"""

import base64
import binascii
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from embedded_server.brokers.amqp.users import User, Users
from embedded_server.brokers.management.errors import ApiError, LoginFailed, not_authorised

REALM: Final = 'Basic realm="Switchroom management"'
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_MANAGEMENT: Final = frozenset({"administrator", "monitoring", "policymaker", "management"})


class Needs(Enum):
    """What a user's tags must say for a route to answer, and RabbitMQ's words where they do not."""

    MANAGEMENT = (_MANAGEMENT, "Not management user")
    MONITOR = (frozenset({"administrator", "monitoring"}), "Not monitor user")
    POLICYMAKER = (frozenset({"administrator", "policymaker"}), "Not policymaker user")
    ADMINISTRATOR = (frozenset({"administrator"}), "Not administrator user")

    def check(self, user: User) -> None:
        """Raise ``ApiError`` where *user* lacks the tag."""
        for needed in (Needs.MANAGEMENT, self):
            tags, refusal = needed.value
            if tags.isdisjoint(user.tags):
                raise not_authorised(refusal)


def refuse_foreign(headers: Headers) -> None:
    """Raise ``ApiError`` for a request that was not meant for this server, or that a foreign page makes."""
    host = headers.get("host", "")
    if _name_of(host) not in _LOOPBACK_NAMES:
        raise ApiError(421, "misdirected_request", "This server answers to names of this machine only")
    origin = headers.get("origin", "").lower()
    foreign = urlsplit(origin).netloc != host.lower() if origin else _is_cross_site(headers)
    if foreign:
        raise ApiError(403, "forbidden", "Web pages may not call this server")


def login(headers: Headers, users: Users) -> tuple[User, str]:
    """The user, and their password; raises ``ApiError`` where they do not prove who they are."""
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        name, colon, password = "", "", ""
    user = users.authenticate(name, password) if scheme.lower() == "basic" and colon else None
    if user is None:
        raise LoginFailed
    return user, password


def _is_cross_site(headers: Headers) -> bool:
    return headers.get("sec-fetch-site", "") == "cross-site"


def _name_of(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
