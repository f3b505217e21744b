"""What may be wrong with a message or a way of reading, said so that a user can act on it."""

from embedded_server.contracts.problems import N_, UserFacingError


class BodyNotBase64(UserFacingError):
    """A binary body travels as Base64."""

    status = 422
    title = N_("The body is not Base64")
    hint = N_("Use only A-Z, a-z, 0-9, + and /, padded with = to a multiple of four.")


class UploadTooLarge(UserFacingError):
    """A body beyond what RabbitMQ takes by default."""

    status = 413
    title = N_("A message of more than {limit} MiB cannot be published")
    hint = N_("RabbitMQ takes no more by default. Send less, or send where the data is.")


class LimitInvalid(UserFacingError):
    """Fewer than none."""

    status = 422
    title = N_("{limit} is not a number of messages to stop after")
    hint = N_("Use 0 to go on until stopped, or a number above it.")


class NumberTooLarge(UserFacingError):
    """JSON has no bounds, and AMQP has."""

    status = 422
    title = N_("A number in it does not fit into 64 bits")
    hint = N_("AMQP's integers end there. Write it as a string, or make it smaller.")


class CountInvalid(UserFacingError):
    """Nothing, or more than anybody means."""

    status = 422
    title = N_("{count} is not a number of messages that can be published at once")
    hint = N_("Use 1 to {most}.")


class RateInvalid(UserFacingError):
    """A rate below nothing."""

    status = 422
    title = N_("{rate} messages a second is not a rate")
    hint = N_("Use 0 for as fast as the broker confirms, or a number above it.")


class NothingToResend(UserFacingError):
    """The job's unconfirmed messages were sent again already, or there were none."""

    status = 404
    title = N_("There are no unconfirmed messages of job {job} to send again")
    hint = N_("They may have been sent again already. The server forgets them when it ends.")


class DefaultExchangeNotTappable(UserFacingError):
    """It has no bindings of its own, and takes none."""

    status = 422
    title = N_("The default exchange cannot be tapped: nothing can be bound to it")
    hint = N_("What is published to it goes straight to the queue of that name. Use the firehose to see it, once tracing is on.")


class NothingToTap(UserFacingError):
    """The queue is reached through the default exchange alone."""

    status = 422
    title = N_("Nothing is bound to the queue “{queue}”, so there is nothing to copy")
    hint = N_("It gets its messages by its name, through the default exchange. Use the firehose to see them, or read the queue itself.")


class NoRoutingKeys(UserFacingError):
    """A tap needs a binding."""

    status = 422
    title = N_("A tap needs at least one routing key")
    hint = N_("Use # for a topic exchange, and any key for a fanout or headers exchange.")


class LengthInvalid(UserFacingError):
    """A tap's queue holds some messages."""

    status = 422
    title = N_("A tap's queue cannot hold {length} messages")
    hint = N_("Use 1 to {most}.")


class ConsumerCancelled(UserFacingError):
    """The queue is gone, so the broker ended the consumer."""

    status = 409
    title = N_("The broker ended the reading of “{queue}”")
    hint = N_("The queue was deleted, or moved to another node. Look whether it is there, then begin again.")


class StreamsNotThere(UserFacingError):
    """The embedded broker has no streams."""

    status = 501
    title = N_("The embedded broker has no streams")
    hint = N_("Connect to a RabbitMQ 3.9 or newer to read one. A queue can be tapped, got from or consumed here.")


class NotAStream(UserFacingError):
    """Reading it like a stream would take its messages."""

    status = 409
    title = N_("“{queue}” is not a stream")
    hint = N_("Only a queue declared with x-queue-type: stream can be read by offset. Nothing was taken from it.")


class OffsetInvalid(UserFacingError):
    """Where to begin in a stream."""

    status = 422
    title = N_("“{offset}” is not a place in a stream")
    hint = N_("Use first, last, next, a number, an interval such as 1h or 30m, or a time such as 2026-11-24T14:30.")


class PrefetchInvalid(UserFacingError):
    """AMQP counts it in 16 bits."""

    status = 422
    title = N_("A prefetch of {prefetch} is not possible")
    hint = N_("Use 1 to {most}.")
