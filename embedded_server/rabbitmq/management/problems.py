"""What may go wrong with a broker's management API: most of it leaves the panel working with less, and says with what."""

from embedded_server.contracts.problems import N_, UserFacingError


class ManagementMissing(UserFacingError):
    """The management API cannot be used. Names, rates, clients and bindings come from it; messages do not need it."""

    status = 502


class ManagementOff(ManagementMissing):
    """The user has said not to use it."""

    status = 409
    title = N_("“{name}” does not use the management API")
    hint = N_("Without it queues cannot be listed: those you declare or name here are shown. Switch it on in the connection's settings.")


class ManagementUnreachable(ManagementMissing):
    """Nothing listens there."""

    title = N_("No management API answers at {address}")
    hint = N_(
        "Messages work without it, but queues cannot be listed. Enable the plug-in rabbitmq_management, open its port (15672, with TLS "
        "15671), or correct the management URL in the connection's settings."
    )


class ManagementHostUnknown(ManagementMissing):
    """The name does not resolve."""

    title = N_("No host is called {host}")
    hint = N_("Check the management URL in the connection's settings.")


class ManagementTimedOut(ManagementMissing):
    """No answer in time."""

    status = 504
    title = N_("The management API at {address} did not answer within {seconds:g} s")
    hint = N_("The broker may be overloaded, or a firewall drops the connection. Messages work without it.")


class ManagementTlsFailed(ManagementMissing):
    """No secure connection can be made."""

    title = N_("No secure connection to the management API at {address}: {reason}")
    hint = N_("Check that this port speaks TLS, and that the connection's certificate files fit. A plain port wants an http:// URL.")


class ManagementBroke(ManagementMissing):
    """The connection ended in the middle of an answer, or what came is no HTTP."""

    title = N_("The management API at {address} broke off: {reason}")
    hint = N_("It may be restarting, or a proxy stands between. If it goes on, look whether the URL is that of the management API.")


class ManagementUrlInvalid(ManagementMissing):
    """Not a URL that HTTP can use."""

    status = 422
    title = N_("“{url}” is not a URL of a management API")
    hint = N_("Write it as http://host:15672 in the connection's settings, or leave it empty for the usual one.")


class ManagementLoginRefused(ManagementMissing):
    """401: the user or the password is wrong."""

    title = N_("The management API at {address} refuses the user “{user}”")
    hint = N_(
        "Check user and password for the management API in the connection's settings. RabbitMQ lets “guest” in from its own machine only."
    )


class ManagementTagMissing(ManagementMissing):
    """The user may use the broker, but not its management."""

    title = N_("The user “{user}” may not use the management API")
    hint = N_("Give it the tag “monitoring” or “management”, such as: rabbitmqctl set_user_tags {user} monitoring")


class ManagementNotThere(ManagementMissing):
    """An HTTP server answers, but not this one."""

    title = N_("There is no management API at {address}: {answer}")
    hint = N_("Check the management URL in the connection's settings, with its path where a proxy adds one.")


class ManagementRedirects(ManagementMissing):
    """Credentials are not taken to another address unasked."""

    title = N_("The management API at {address} redirects to {location}")
    hint = N_("If you trust it, use that address as the management URL in the connection's settings.")


class ManagementFails(ManagementMissing):
    """A 5xx answer."""

    title = N_("The management API at {address} failed: {code} {reason}")
    hint = N_("The broker may be starting, stopping or overloaded. Its log tells more.")


class ManagementAnswerTooLarge(ManagementMissing):
    """More than anybody could look at."""

    title = N_("The management API at {address} answered with more than {most_mb} MB")
    hint = N_("Ask for less, such as one virtual host.")


class ManagementRefused(UserFacingError):
    """A 4xx answer to what was asked."""

    status = 409
    title = N_("The broker refused this: {reason}")
    hint = N_("Its words tell what it did not like.")


class ManagementForbidden(UserFacingError):
    """The user lacks a tag or a permission for this."""

    status = 403
    title = N_("The user “{user}” may not do this: {reason}")
    hint = N_("It needs the tag “administrator” or “policymaker”, or a permission in this virtual host.")


class NotOnBroker(UserFacingError):
    """A 404 that says that the object does not exist."""

    status = 404
    title = N_("The broker has nothing called “{name}” there")
    hint = N_("It may have been deleted, or its name has a slip. The tree lists what there is.")


class QueueNotOnBroker(NotOnBroker):
    """No such queue."""

    title = N_("There is no queue “{name}” in the virtual host “{vhost}”")


class ExchangeNotOnBroker(NotOnBroker):
    """No such exchange."""

    title = N_("There is no exchange “{name}” in the virtual host “{vhost}”")


class VHostNotOnBroker(NotOnBroker):
    """No such virtual host."""

    title = N_("There is no virtual host “{name}”")


class ClientNotOnBroker(NotOnBroker):
    """No such connection of a client."""

    title = N_("No client is connected as “{name}”")
    hint = N_("It has gone meanwhile, or came back under another name.")


def not_on_broker(segments: list[str]) -> NotOnBroker:
    """Answer what is not there, by the unquoted segments of its path."""
    match segments:
        case ["queues", vhost, name, *_]:
            return QueueNotOnBroker(name=name, vhost=vhost)
        case ["exchanges", vhost, name, *_]:
            return ExchangeNotOnBroker(name=name, vhost=vhost)
        case ["connections", name, *_]:
            return ClientNotOnBroker(name=name)
        case ["vhosts" | "queues" | "exchanges" | "bindings" | "consumers" | "definitions", vhost]:
            return VHostNotOnBroker(name=vhost)
        case _:
            return NotOnBroker(name=" ".join(segments))
