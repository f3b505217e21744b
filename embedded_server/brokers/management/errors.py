"""What the management API says when it refuses: RabbitMQ's status codes, with RabbitMQ's two words of JSON."""

from typing import Any

from embedded_server.brokers.amqp.errors import Reply


class ApiError(Exception):
    """An answer that is not what was asked for."""

    def __init__(self, status: int, error: str, reason: Any) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.error = error
        self.reason = reason


class LoginFailed(ApiError):
    """Nobody the broker knows."""

    def __init__(self) -> None:
        super().__init__(401, "not_authorized", "Login failed")


def bad_request(reason: Any) -> ApiError:
    """The request is understood and cannot be done as it is."""
    return ApiError(400, "bad_request", reason)


def not_found() -> ApiError:
    """There is nothing of this name."""
    return ApiError(404, "Object Not Found", "Not Found")


def no_such(reason: str) -> ApiError:
    """What the request builds on is not there."""
    return ApiError(404, "not_found", reason)


def not_authorised(reason: str) -> ApiError:
    """The user may not do this."""
    return ApiError(401, "not_authorised", reason)


def keys_missing(names: list[str]) -> ApiError:
    """The body lacks what it must have, in the words of Erlang."""
    return bad_request("[" + ",\n ".join(f"{{key_missing,{name}}}" for name in names) + "]")


def from_amqp(code: int, text: str) -> ApiError:
    """The API's answer where the broker refused a client's method with *code*."""
    words = text.partition(" - ")[2] or text
    if code == Reply.NOT_FOUND:
        return no_such(words)
    if code == Reply.ACCESS_REFUSED:
        return not_authorised("Access refused.")
    return bad_request(words)
