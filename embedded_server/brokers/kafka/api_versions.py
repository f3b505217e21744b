"""ApiVersions: what a client asks first (KIP-35, KIP-511)."""

import re
from typing import TYPE_CHECKING, Final

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker

NAMED_FROM: Final = 3
_SOFTWARE: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")


def handlers(broker: "Broker") -> dict[ApiKey, Handler]:
    """What this module answers."""

    def answer(request: Request) -> Answer:
        body = request.body
        if request.version >= NAMED_FROM and not (_is_name(body.client_software_name) and _is_name(body.client_software_version)):
            return {"error_code": ErrorCode.INVALID_REQUEST, "api_keys": []}
        return {"error_code": ErrorCode.NONE, "api_keys": broker.versions()}

    return {ApiKey.API_VERSIONS: answer}


def _is_name(text: str) -> bool:
    return _SOFTWARE.fullmatch(text) is not None
