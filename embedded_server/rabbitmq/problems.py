"""What may go wrong between Switchroom and a RabbitMQ, said so that a user can act on it."""

from typing import Final

from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.core.reach import problems as reach
from embedded_server.core.reach.problems import LinkProblem


class NobodyListens(reach.NobodyListens):
    """The connection is refused at once."""

    hint = N_("Check the port, and that the broker runs. RabbitMQ's own port is 5672, with TLS 5671.")


class NotAmqp(LinkProblem):
    """Something else lives at this port."""

    final = True
    title = N_("{address} does not speak AMQP 0-9-1")
    hint = N_("It answered “{answer}”. Check the port: 15672 is RabbitMQ's management page, 5672 its AMQP port.")


class LoginRefused(LinkProblem):
    """User or password are wrong."""

    final = True
    title = N_("{address} refuses the user “{user}”")
    hint = N_("Check user and password. RabbitMQ lets “guest” in from its own machine only.")


class VHostRefused(LinkProblem):
    """There is no such virtual host, or it is not for this user."""

    final = True
    title = N_("{address} does not let “{user}” into the virtual host “{vhost}”")
    hint = N_("Check the name, and the user's permissions there. It is written without the slash that leads it in a URL.")


class BrokerClosed(LinkProblem):
    """The broker ended the connection, and told why."""

    title = N_("The broker at {address} closed the connection: {code} {text}")
    hint = N_("Somebody may have closed it, or the broker is going down. Its log has more.")


class LinkLost(LinkProblem):
    """The connection broke."""

    title = N_("The connection to {address} is lost")
    hint = N_("Switchroom tries again by itself. If it does not come back, look whether the broker runs.")


class Disconnected(LinkProblem):
    """The user disconnected it, and it stays so."""

    status = 409
    final = True
    title = N_("“{name}” is disconnected")
    hint = N_("Connect it again in the Connections panel.")


class BrokerBlocked(LinkProblem):
    """The broker takes nothing: it is short of memory or disk."""

    status = 503
    title = N_("The broker at {address} takes no messages for now: {reason}")
    hint = N_("It is short of memory or disk. Consume or purge queues there, or give it more; then publish again.")


class ProtocolBroken(LinkProblem):
    """Bytes that no broker should send."""

    title = N_("{address} sent what is not AMQP: {reason}")
    hint = N_("Something between here and the broker changes the bytes, or the broker has a fault. Switchroom connects again.")


# -- a channel's end: RabbitMQ's reply code and text are in the detail


class ChannelClosed(UserFacingError):
    """The broker refused a method, and with it closed the channel."""

    status = 409
    title = N_("The broker refused this: {code} {text}")
    hint = N_("Its words tell what it did not like.")

    def __init__(self, code: int = 0, text: str = "", **params: str | float) -> None:
        self.reply_code = code
        self.reply_text = text
        super().__init__(detail=f"{code} {text}".strip(), code=code, text=text, **params)


class NoSuchObject(ChannelClosed):
    """404."""

    status = 404
    title = N_("The broker has no such queue or exchange: {text}")
    hint = N_("It may have been deleted, or its name has a slip. The tree lists those there are.")


class PermissionRefused(ChannelClosed):
    """403."""

    status = 403
    title = N_("The broker does not permit this: {text}")
    hint = N_("The user lacks a permission to configure, write or read there. Whoever runs the broker can grant it.")


class ObjectLocked(ChannelClosed):
    """405."""

    title = N_("Another connection holds this queue for itself: {text}")
    hint = N_("It is exclusive, and goes when the connection that declared it ends.")


class InExclusiveUse(ChannelClosed):
    """403 upon a consume beside or as an exclusive consumer."""

    title = N_("A consumer has this queue for itself: {text}")
    hint = N_("End the exclusive consumer first, or tap what reaches the queue.")


class Inequivalent(ChannelClosed):
    """406 upon a declare."""

    title = N_("It exists already with other settings: {text}")
    hint = N_("Declare it with the settings it has, choose another name, or delete it first.")


class PreconditionFailed(ChannelClosed):
    """406 upon anything else."""

    title = N_("The broker does not do this as things stand: {text}")
    hint = N_("Its words tell which condition does not hold.")


class MessageTooLarge(ChannelClosed):
    """406 upon a body beyond the broker's limit."""

    status = 413
    title = N_("The broker does not take a message of this size: {text}")
    hint = N_("RabbitMQ's max_message_size is the limit. Send less, or send where the data is.")


class NotImplementedThere(ChannelClosed):
    """540, and 530 on a channel."""

    status = 501
    title = N_("The broker cannot do this: {text}")
    hint = N_("Another version of the broker, or one of its plug-ins, may.")


CHANNEL_PROBLEMS: Final[dict[int, type[ChannelClosed]]] = {
    403: PermissionRefused,
    404: NoSuchObject,
    405: ObjectLocked,
    406: PreconditionFailed,
    530: NotImplementedThere,
    540: NotImplementedThere,
}


def channel_problem(code: int, text: str) -> ChannelClosed:
    """Answer the problem that RabbitMQ's reply code and words stand for."""
    if code == 406:
        if "inequivalent arg" in text:
            return Inequivalent(code, text)
        if "message size" in text:
            return MessageTooLarge(code, text)
    if code == 403 and "exclusive use" in text:
        return InExclusiveUse(code, text)
    return CHANNEL_PROBLEMS.get(code, ChannelClosed)(code, text)
