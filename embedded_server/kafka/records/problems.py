"""What may be wrong with a record or a way of reading, said so that a user can act on it."""

from embedded_server.contracts.problems import N_, UserFacingError


class TopicGone(UserFacingError):
    """The topic was deleted, or deleted and created anew."""

    status = 404
    title = N_("Topic “{topic}” was deleted while it was read")
    hint = N_("What had been read is in the journal. If there is a new topic of this name, start reading it anew.")


class RecordsDeleted(UserFacingError):
    """Retention was quicker than the reading."""

    status = 410
    title = N_("{count} records of “{topic}” were deleted before they could be read")
    hint = N_("Retention or a purge removed them. The reading goes on with the oldest record there is.")


class PartitionOutOfRange(UserFacingError):
    """The topic has fewer partitions."""

    status = 422
    title = N_("Topic “{topic}” has no partition {partition}")
    hint = N_("Its partitions are 0 to {last}.")


class StartInvalid(UserFacingError):
    """A start that means nothing."""

    status = 422
    title = N_("A reading cannot start with {what}")
    hint = N_("Counts go from 1 to {most}; offsets and times are not negative.")


class EndInvalid(UserFacingError):
    """An end that means nothing."""

    status = 422
    title = N_("A reading cannot end at {what}")
    hint = N_("Offsets and times are not negative, and have 63 bits at most.")


class RecordLimitInvalid(UserFacingError):
    """Fewer than none."""

    status = 422
    title = N_("{limit} is not a number of records to stop after")
    hint = N_("Use 0 to go on until stopped, or a number above it.")


class RecordCountInvalid(UserFacingError):
    """Nothing, or more than anybody means."""

    status = 422
    title = N_("{count} is not a number of records that can be produced at once")
    hint = N_("Use 1 to {most}.")


class RecordRateInvalid(UserFacingError):
    """A rate below nothing."""

    status = 422
    title = N_("{rate} records a second is not a rate")
    hint = N_("Use 0 for as fast as the broker acknowledges, or a number above it.")


class TimestampInvalid(UserFacingError):
    """Kafka's timestamps are milliseconds from 1970 on."""

    status = 422
    title = N_("{timestamp} is not a timestamp of a record")
    hint = N_("Use milliseconds since 1970, or leave it empty for now.")


class NothingUnacknowledged(UserFacingError):
    """The job's unacknowledged records were sent again already, or there were none."""

    status = 404
    title = N_("There are no unacknowledged records of job {job} to send again")
    hint = N_("They were sent already, or the server has started anew.")


class NotARecord(UserFacingError):
    """The journal has no record under this number."""

    status = 404
    title = N_("Event {seq} is no Kafka record, or it is not kept any more")
    hint = N_("Choose a record that the table shows.")


class RecordCut(UserFacingError):
    """The journal did not keep the value whole."""

    status = 409
    title = N_("The journal kept {kept} of {size} bytes of this record's value")
    hint = N_("What is cut cannot be produced again. Read it anew and copy it to a topic instead.")


class NothingToPartition(UserFacingError):
    """Without a key there is no hash."""

    status = 422
    title = N_("A record without a key goes to no certain partition")
    hint = N_("Such records are spread over the partitions, batch by batch. Give it a key, or choose a partition.")


class RecordUploadTooLarge(UserFacingError):
    """A value beyond what is sent in one request."""

    status = 413
    title = N_("A record of more than {limit} MiB cannot be produced")
    hint = N_("Kafka is made for small records: its brokers take 1 MiB by default. Put the data elsewhere, and send where it is.")


class RecordNumberTooLarge(UserFacingError):
    """JSON has no bounds, and Kafka's numbers have 64 bits."""

    status = 422
    title = N_("A number in the record does not fit into 64 bits")
    hint = N_("Partitions and timestamps end there. Make it smaller.")
