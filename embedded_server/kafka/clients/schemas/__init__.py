"""Messages of Kafka's protocol that kafka-python has no schema for, made as it makes its own.

The files beside are Apache Kafka 4.3's own (``clients/src/main/resources/common/message``), as kafka-python's are of its releases.
"""

from kafka.protocol.api_message import ApiMessage


class ConsumerGroupDescribeRequest(ApiMessage, load_json=__name__):  # type: ignore[misc,call-arg]  # kafka-python has no types
    """Asks how groups of the consumer protocol are: members, and what they have and are to have (api key 69, KIP-848; Kafka 4.0)."""


class ConsumerGroupDescribeResponse(ApiMessage, load_json=__name__):  # type: ignore[misc,call-arg]  # kafka-python has no types
    """The answer to `ConsumerGroupDescribeRequest`."""


class ShareGroupDescribeRequest(ApiMessage, load_json=__name__):  # type: ignore[misc,call-arg]  # kafka-python has no types
    """Asks how share groups are (api key 77, KIP-932; version 1 since Kafka 4.1)."""


class ShareGroupDescribeResponse(ApiMessage, load_json=__name__):  # type: ignore[misc,call-arg]  # kafka-python has no types
    """The answer to `ShareGroupDescribeRequest`."""


class StreamsGroupDescribeRequest(ApiMessage, load_json=__name__):  # type: ignore[misc,call-arg]  # kafka-python has no types
    """Asks how streams groups are: members, their tasks, and the topics behind these (api key 89, KIP-1071; Kafka 4.1)."""


class StreamsGroupDescribeResponse(ApiMessage, load_json=__name__):  # type: ignore[misc,call-arg]  # kafka-python has no types
    """The answer to `StreamsGroupDescribeRequest`."""


class DescribeShareGroupOffsetsRequest(ApiMessage, load_json=__name__):  # type: ignore[misc,call-arg]  # kafka-python has no types
    """Asks where share groups go on in partitions (api key 90, KIP-932; lag since version 1, KIP-1226)."""


class DescribeShareGroupOffsetsResponse(ApiMessage, load_json=__name__):  # type: ignore[misc,call-arg]  # kafka-python has no types
    """The answer to `DescribeShareGroupOffsetsRequest`."""


class AlterShareGroupOffsetsRequest(ApiMessage, load_json=__name__):  # type: ignore[misc,call-arg]  # kafka-python has no types
    """Sets where a share group without members is to go on (api key 91, KIP-932)."""


class AlterShareGroupOffsetsResponse(ApiMessage, load_json=__name__):  # type: ignore[misc,call-arg]  # kafka-python has no types
    """The answer to `AlterShareGroupOffsetsRequest`."""
