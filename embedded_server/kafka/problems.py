"""What may go wrong between Switchroom and a Kafka cluster, said so that a user can act on it."""

from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.core.reach import problems as reach
from embedded_server.core.reach.problems import LinkProblem


class NobodyListens(reach.NobodyListens):
    """The connection is refused at once."""

    hint = N_("Check the port, and that the broker runs. Kafka's port is mostly 9092, with TLS often 9093.")


class AdvertisedUnreachable(LinkProblem):
    """The cluster answers, and names an address for its broker that leads nowhere from here."""

    title = N_("Broker {node} of the cluster advertises {address}, which cannot be reached from here")
    hint = N_(
        "The bootstrap address answers, but Kafka clients go on to the address that each broker advertises. "
        "Set advertised.listeners of that broker to an address that this machine can reach."
    )


class NotKafka(LinkProblem):
    """Something else lives at this port."""

    title = N_("{address} does not speak Kafka's protocol")
    hint = N_("Check the port: brokers usually listen on 9092, and a KRaft controller's own port is not for clients.")


class SaslRefused(LinkProblem):
    """User or password are wrong."""

    final = True
    title = N_("The Kafka broker at {address} refuses the user “{user}”")
    hint = N_("Check user and password, and whether the user is known for the mechanism {mechanism}.")


class MechanismOff(LinkProblem):
    """The broker does not do this SASL mechanism."""

    final = True
    title = N_("The Kafka listener {address} does not take SASL {mechanism}")
    hint = N_("Mechanisms it takes: {offered}. Choose one of them, or have this one enabled on the broker.")


class LoginNeeded(LinkProblem):
    """We came without SASL to a listener that wants it."""

    final = True
    title = N_("The Kafka listener {address} wants a login, and this connection has none")
    hint = N_("Choose a SASL mechanism, user and password for this connection. Mechanisms it takes: {offered}.")


class LoginNotTaken(LinkProblem):
    """We came with SASL to a listener that has none."""

    final = True
    title = N_("The Kafka listener {address} knows no login, and this connection has one")
    hint = N_("Set the connection's SASL mechanism to none, or use the address of a SASL listener.")


class BrokerLost(LinkProblem):
    """The connection broke."""

    title = N_("The connection to the Kafka broker at {address} is lost")
    hint = N_("Switchroom tries again by itself. If it does not come back, look whether the broker runs.")


class KafkaDisconnected(LinkProblem):
    """The user disconnected it, and it stays so."""

    status = 409
    final = True
    title = N_("“{name}” is disconnected from Kafka")
    hint = N_("Connect it again in the Connections panel.")


class NoKafkaThere(LinkProblem):
    """The connection has no Kafka side."""

    status = 422
    final = True
    title = N_("“{name}” leads to no Kafka cluster")
    hint = N_("Choose a connection of the kind Kafka, or wait until the embedded broker has started.")


class KafkaTimedOut(LinkProblem):
    """A request had no answer in time."""

    status = 504
    title = N_("Kafka did not answer within {seconds:g} s")
    hint = N_("The cluster may be busy or without a leader for the partition. Try again, and look into the broker's log.")


# -- what a broker answers: its own words are in the detail


class KafkaRefused(UserFacingError):
    """The broker refused, for a reason that has no message of its own here."""

    status = 409
    title = N_("Kafka refused this: {name}")
    hint = N_("Its own words tell what it did not like; they are in the details.")


class TopicUnknown(UserFacingError):
    """No topic has this name, or the user may not see it."""

    status = 404
    title = N_("There is no topic “{topic}”")
    hint = N_("It may have been deleted, its name may have a slip, or the user may not see it. The list has those there are.")


class PartitionUnknown(UserFacingError):
    """The topic has fewer partitions."""

    status = 404
    title = N_("Topic “{topic}” has no partition {partition}")
    hint = N_("Its partitions are numbered 0 to {last}.")


class TopicNotAuthorized(UserFacingError):
    """An ACL is missing."""

    status = 403
    title = N_("The user “{user}” may not use topic “{topic}” so")
    hint = N_("Whoever runs the cluster can allow it with an ACL: READ and DESCRIBE to read, WRITE to produce, ALTER or DELETE to change.")


class GroupNotAuthorized(UserFacingError):
    """An ACL is missing."""

    status = 403
    title = N_("The user “{user}” may not use this consumer group")
    hint = N_("Whoever runs the cluster can allow it with an ACL on the group: DESCRIBE to look, READ to set offsets, DELETE to delete.")


class ClusterNotAuthorized(UserFacingError):
    """An ACL is missing."""

    status = 403
    title = N_("The user “{user}” may not do this on the cluster")
    hint = N_("Whoever runs the cluster can allow it with an ACL on the cluster, such as CREATE, ALTER, DESCRIBE or IDEMPOTENT_WRITE.")


class RecordTooLarge(UserFacingError):
    """The broker or the topic takes no record of this size."""

    status = 413
    title = N_("The broker does not take a record of {size} bytes for “{topic}”")
    hint = N_("The topic's max.message.bytes (else the broker's message.max.bytes) is the limit. Raise it, send less, or compress.")


class RecordBeyondClient(UserFacingError):
    """More than Switchroom sends in one request."""

    status = 413
    title = N_("A record of {size} bytes is more than Switchroom sends: {limit} bytes")
    hint = N_("Kafka is made for small records. Put the data elsewhere, and send where it is.")


class OffsetGone(UserFacingError):
    """The offset lies outside of what the partition has."""

    status = 409
    title = N_("Partition {partition} of “{topic}” has no offset {offset} any more")
    hint = N_("Retention or a purge has deleted it, or the topic was created anew. Start from the oldest or the newest.")


class KafkaTooOld(UserFacingError):
    """An API that this broker does not have."""

    status = 501
    title = N_("This version of Kafka cannot do that")
    hint = N_("The broker does not offer the request it takes. A newer Kafka does.")


class NumberTooLarge(UserFacingError):
    """A number that does not fit into the request."""

    status = 422
    title = N_("Kafka has no room for a number of this size")
    hint = N_("Offsets and times have 64 bits, partitions 32 and replicas 16.")


class PolicyViolated(UserFacingError):
    """A policy of the cluster forbids it."""

    status = 403
    title = N_("The cluster's policy forbids this")
    hint = N_("Its own words tell which rule it breaks; whoever runs the cluster has set it.")


class KeyMissing(UserFacingError):
    """A record without a key for a compacted topic."""

    status = 422
    title = N_("“{topic}” is compacted, and takes no record without a key")
    hint = N_("Give the record a key: compaction keeps the newest record of each.")


class TimestampRefused(UserFacingError):
    """The topic limits timestamps."""

    status = 422
    title = N_("“{topic}” does not take a record with this timestamp")
    hint = N_("Its message.timestamp.before.max.ms or message.timestamp.after.max.ms is the limit. Leave the timestamp empty for now.")


class NotEnoughInSync(UserFacingError):
    """Too few replicas are in sync for ``acks=all``."""

    status = 503
    title = N_("“{topic}” has too few replicas in sync to take a record safely")
    hint = N_("Its min.insync.replicas asks for more than are there. Bring brokers back, or lower it.")


class ResponseTooLarge(UserFacingError):
    """What the broker sent is more than is taken."""

    title = N_("The broker's answer is larger than Switchroom takes")
    hint = N_("Ask for less at once, such as fewer partitions.")


class BatchDamaged(UserFacingError):
    """Bytes that are no record batch."""

    status = 502
    title = N_("Partition {partition} of “{topic}” holds a damaged batch at offset {offset}")
    hint = N_("Its checksum or its lengths are wrong. Start behind it, and look at the broker's disk: kafka-dump-log shows the segment.")
