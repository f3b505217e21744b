"""The columns of the message table."""

from dataclasses import replace
from typing import Final

from desktop.core.feed_columns import KEY, PREVIEW, SEQ, SIZE, TIME, TRACE, Column
from desktop.core.i18n import N_
from desktop.core.rabbitmq_words import status_tone, status_word
from embedded_server.contracts.events import Row
from embedded_server.contracts.rabbitmq import split_subject


def exchange_of(row: Row) -> str:
    """Answer the exchange a message went through."""
    return split_subject(row.subject)[0]


def routing_key_of(row: Row) -> str:
    """Answer the routing key it went with."""
    return split_subject(row.subject)[1]


EXCHANGE: Final = Column(
    "exchange", N_("Exchange"), 104, exchange_of, mono=True, field="subject", value=lambda row: row.subject, min_width=72, yields=4
)
ROUTING_KEY: Final = Column(
    "routing_key",
    N_("Routing key"),
    128,
    routing_key_of,
    mono=True,
    field="subject",
    value=lambda row: row.subject,
    tooltip=lambda row: row.subject,
    min_width=96,
)
QUEUE: Final = Column("queue", N_("Read from"), 112, lambda row: row.worker, mono=True, dim=True, yields=3, min_width=88)
STATUS: Final = Column(
    "status",
    N_("Status"),
    108,
    lambda row: status_word(row.status),
    tone=lambda row: status_tone(row.status),
    value=lambda row: row.status,
    min_width=104,
    yields=1,
)
BODY: Final = Column(
    "preview", N_("Body"), 200, lambda row: row.preview, mono=True, dim=True, field="-", min_width=80, tooltip=PREVIEW.tooltip, yields=2
)
MESSAGE_COLUMNS: Final = (TIME, EXCHANGE, ROUTING_KEY, QUEUE, STATUS, SIZE, replace(KEY, hidden=True), TRACE, SEQ, BODY)
