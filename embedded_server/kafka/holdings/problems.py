"""What may go wrong with what a cluster holds, said so that a user can act on it."""

from embedded_server.contracts.problems import N_, UserFacingError


class TopicExists(UserFacingError):
    """The name is taken."""

    status = 409
    title = N_("There is already a topic “{topic}”")
    hint = N_("Choose another name. One that is being deleted is gone after a moment.")


class TopicNameInvalid(UserFacingError):
    """Kafka takes few characters."""

    status = 422
    title = N_("A topic cannot be called “{topic}”")
    hint = N_("Use 1 to 249 of the letters a to z and A to Z, digits, “.”, “_” and “-”; “.” and “_” count as the same character.")


class PartitionsInvalid(UserFacingError):
    """A number of partitions that cannot be."""

    status = 422
    title = N_("“{topic}” cannot have {partitions} partitions")
    hint = N_("A topic's partitions can only grow: name a number above the {now} it has, and at least 1 for a new topic.")


class ReplicationInvalid(UserFacingError):
    """More copies than brokers."""

    status = 422
    title = N_("“{topic}” cannot have {replication} replicas")
    hint = N_("Each replica needs a broker of its own, and {brokers} are up. Leave it empty for the cluster's default.")


class ConfigInvalid(UserFacingError):
    """A setting that the broker does not take: ``config``, as far as the broker's ``words`` name one that was asked for."""

    status = 422
    title = N_("The cluster does not take these settings for “{topic}”")
    hint = N_("Its own words tell which one and why: {words}")


class NothingToDelete(UserFacingError):
    """An offset beyond the end."""

    status = 422
    title = N_("Partition {partition} of “{topic}” has no records up to {offset}")
    hint = N_("Its offsets go from {start} to {end}; name one of them, or leave it out to delete all there is.")


class TopicDeletionOff(UserFacingError):
    """The brokers are configured so."""

    status = 403
    title = N_("This cluster does not allow to delete topics")
    hint = N_("Its brokers have delete.topic.enable=false. Purge the topic instead, or ask whoever runs the cluster.")


class NotKept(UserFacingError):
    """A compacted topic cannot be purged."""

    status = 409
    title = N_("“{topic}” cannot be purged: its cleanup.policy is {policy}")
    hint = N_("Kafka deletes records up to an offset only where cleanup.policy has “delete”. Set it so first, or delete the topic.")


class GroupUnknown(UserFacingError):
    """No group has this id."""

    status = 404
    title = N_("There is no consumer group “{group}”")
    hint = N_("It may have been deleted, its offsets may have expired, or the user may not see it.")


class GroupActive(UserFacingError):
    """Offsets of a group that consumes cannot be changed from outside."""

    status = 409
    title = N_("The group “{group}” is active: {members}")
    hint = N_("Stop its consumers first: they would go on from where they are and commit over the change. It is {state} now.")


class OffsetsInUse(UserFacingError):
    """Members are subscribed to the topic."""

    status = 409
    title = N_("The group “{group}” reads “{topic}” now, so its offsets there stay")
    hint = N_("Stop the consumers that are subscribed to the topic, then delete the offsets.")


class MemberGone(UserFacingError):
    """The member has left already."""

    status = 404
    title = N_("The group “{group}” has no member “{member}” any more")
    hint = N_("It has left or has joined under a new id. The list of members is up to date.")


class MemberStays(UserFacingError):
    """Members of share and streams groups end their membership themselves."""

    status = 409
    title = N_("Kafka lets nobody take “{member}” out of the group “{group}”")
    hint = N_("In a group of its kind only the client itself can end it. Stop that client, or wait until its session times out.")


class ShareOffsetsStay(UserFacingError):
    """A share group keeps more than an offset in each partition."""

    status = 409
    title = N_("Offsets of the share group “{group}” cannot be deleted one by one")
    hint = N_("Set where it goes on, or delete the whole group.")


class NoOffsets(UserFacingError):
    """A group that has committed nothing has nothing to reset."""

    status = 409
    title = N_("The group “{group}” has committed no offsets")
    hint = N_("Choose the topics and partitions to set offsets in.")


class PartitionNotThere(UserFacingError):
    """An offset for a partition that the topic does not have."""

    status = 404
    title = N_("Topic “{topic}” has no partition {partition}")
    hint = N_("It may have been deleted and created anew with fewer partitions. Leave it out.")


class NothingToShift(UserFacingError):
    """A shift starts from what is committed."""

    status = 409
    title = N_("Nothing is committed in partition {partition} of “{topic}” that could be shifted")
    hint = N_("Set it to the earliest, the latest, an offset or a time instead.")


class OffsetNotSet(UserFacingError):
    """The cluster refused one partition."""

    status = 409
    title = N_("Kafka did not take the offset in partition {partition} of “{topic}”: {reason}")
    hint = N_("The others were set. Look at the group again and try this one once more.")
