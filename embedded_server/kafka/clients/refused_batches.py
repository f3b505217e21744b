"""Lets an idempotent producer go on after the broker has refused a batch, with the refused records alone told as refused.

kafka-python takes such a refusal for the producer's end: whatever it holds fails with the same words, also what was never sent and what
the broker has written meanwhile. The Java client goes on, as is done here: a refused batch has used up none of its partition's sequence
numbers (KIP-98), so the next one takes them. That is exact while a partition has one batch under way at a time.
"""

from typing import Any, Final

from kafka import KafkaProducer, errors

REFUSED_WHOLE: Final = (
    errors.MessageSizeTooLargeError,
    errors.RecordListTooLargeError,
    errors.InvalidTimestampError,
    errors.InvalidRecordError,
    errors.CorruptRecordError,
    errors.InvalidTopicError,
    errors.TopicAuthorizationFailedError,
    errors.PolicyViolationError,
    errors.UnsupportedForMessageFormatError,
)
"""Answers that say that nothing of a batch was written."""
FOR_ONE_RECORD: Final = (errors.InvalidTimestampError, errors.InvalidRecordError)
"""Those that one record of a batch may have earned for all of them: sent apart, the others are taken."""


def go_on_after_refusals(client: KafkaProducer) -> None:
    """Teach it to *client*, before it has sent anything."""
    sender, manager = client._sender, client._transaction_manager  # noqa: SLF001 - it has no public way
    sender.config["guarantee_message_order"] = True
    classify, can_split = manager.classify_batch_error, sender._can_split  # noqa: SLF001 - the same

    def classified(error: BaseException, batch: Any, log_start_offset: int = -1) -> Any:
        if not isinstance(error, REFUSED_WHOLE):
            return classify(error, batch, log_start_offset=log_start_offset)
        first = batch.records.base_sequence
        if manager.producer_id_and_epoch.match(batch) and first is not None and first >= 0:
            manager.set_sequence_number(batch.topic_partition, first)
        return manager.ERROR_CLASS_RETRIABLE  # which here, where it is not sent again, means: nothing more to do

    def splittable(batch: Any, error: type[BaseException]) -> bool:
        if can_split(batch, error):
            return True
        is_mixed = error in FOR_ONE_RECORD and batch.record_count > 1 and batch.final_state is None
        return is_mixed and not batch.has_reached_delivery_timeout(client._accumulator.delivery_timeout_ms)  # noqa: SLF001 - the same

    manager.classify_batch_error = classified
    sender._can_split = splittable  # noqa: SLF001 - the same
