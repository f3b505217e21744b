"""What a broker without logins, ACLs, quotas and features answers to those who ask for them."""

from typing import TYPE_CHECKING, Final

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker

NO_AUTHORIZER: Final = "No Authorizer is configured on the broker"
NO_AUTHORIZER_TO_CHANGE: Final = "No Authorizer is configured."
"""Kafka says it with a full stop where ACLs are changed."""
NO_QUOTAS: Final = "The embedded broker keeps no client quotas."
NO_LOGINS: Final = "The embedded broker keeps no credentials: its clients need no login."
_SECURITY_OFF: Final = {"error_code": ErrorCode.SECURITY_DISABLED, "error_message": NO_AUTHORIZER_TO_CHANGE}


def describe_acls(_: Request) -> Answer:
    """There are no ACLs."""
    return {"error_code": ErrorCode.SECURITY_DISABLED, "error_message": NO_AUTHORIZER, "resources": []}


def create_acls(request: Request) -> Answer:
    """None can be made."""
    return {"results": [_SECURITY_OFF for _ in request.body.creations]}


def delete_acls(request: Request) -> Answer:
    """None can be deleted."""
    return {"filter_results": [{**_SECURITY_OFF, "matching_acls": []} for _ in request.body.filters]}


def sasl_handshake(_: Request) -> Answer:
    """The listener is a plain one, on which nobody logs in."""
    return {"error_code": ErrorCode.ILLEGAL_SASL_STATE, "mechanisms": []}


def sasl_authenticate(_: Request) -> Answer:
    """As for the handshake."""
    why = "SaslAuthenticate request received after successful authentication"
    return {"error_code": ErrorCode.ILLEGAL_SASL_STATE, "error_message": why, "auth_bytes": b""}


def describe_quotas(_: Request) -> Answer:
    """There are no quotas."""
    return {"error_code": ErrorCode.NONE, "error_message": None, "entries": []}


def alter_quotas(request: Request) -> Answer:
    """None can be set."""
    entries = [
        {
            "error_code": ErrorCode.INVALID_REQUEST,
            "error_message": NO_QUOTAS,
            "entity": [{"entity_type": part.entity_type, "entity_name": part.entity_name} for part in one.entity],
        }
        for one in request.body.entries
    ]
    return {"entries": entries}


def describe_credentials(request: Request) -> Answer:
    """Nobody has credentials."""
    results = [
        {
            "user": one.name,
            "error_code": ErrorCode.RESOURCE_NOT_FOUND,
            "error_message": f"Attempt to describe a user credential that does not exist: {one.name}",
            "credential_infos": [],
        }
        for one in request.body.users or ()
    ]
    return {"error_code": ErrorCode.NONE, "error_message": None, "results": results}


def alter_credentials(request: Request) -> Answer:
    """None can be set, and there is none to delete."""
    missing = "Attempt to delete a user credential that does not exist"
    results = [{"user": one.name, "error_code": ErrorCode.RESOURCE_NOT_FOUND, "error_message": missing} for one in request.body.deletions]
    refused = {"error_code": ErrorCode.UNSUPPORTED_SASL_MECHANISM, "error_message": NO_LOGINS}
    return {"results": [*results, *({"user": one.name, **refused} for one in request.body.upsertions)]}


def update_features(request: Request) -> Answer:
    """No feature can be changed."""
    code = ErrorCode.INVALID_UPDATE_VERSION
    reasons = [
        f"Invalid update version {one.max_version_level} for feature {one.feature}. The embedded broker does not support this feature."
        for one in request.body.feature_updates
    ]
    if not reasons:
        return {"error_code": ErrorCode.NONE, "error_message": None, "results": []}
    why = f"The update failed for all features since the following feature had an error: {reasons[0]}"
    return {"error_code": code, "error_message": why, "results": []}


def handlers(_: "Broker") -> dict[ApiKey, Handler]:
    """What this module answers."""
    return {
        ApiKey.DESCRIBE_ACLS: describe_acls,
        ApiKey.CREATE_ACLS: create_acls,
        ApiKey.DELETE_ACLS: delete_acls,
        ApiKey.SASL_HANDSHAKE: sasl_handshake,
        ApiKey.SASL_AUTHENTICATE: sasl_authenticate,
        ApiKey.DESCRIBE_CLIENT_QUOTAS: describe_quotas,
        ApiKey.ALTER_CLIENT_QUOTAS: alter_quotas,
        ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS: describe_credentials,
        ApiKey.ALTER_USER_SCRAM_CREDENTIALS: alter_credentials,
        ApiKey.UPDATE_FEATURES: update_features,
    }
