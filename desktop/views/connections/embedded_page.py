"""What stands for the embedded connection, which has nothing to edit: what it is for, and how one's own broker is added."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout

from desktop.core.i18n import tr
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.labels import title
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection


class EmbeddedPage(Card):
    """Words and a few acts."""

    add_requested = Signal()
    copy_requested = Signal()
    copy_kafka_requested = Signal(str)
    """The address of its Kafka side is to be copied."""

    def __init__(self) -> None:
        super().__init__(margins=(16, 16, 16, 16))
        self._bootstrap = ""
        self.add = PrimaryButton(tr("Add your RabbitMQ or Kafka"), self.add_requested.emit)
        self.copy = Button(tr("Copy the AMQP address"), self.copy_requested.emit, icon_name="ph.copy")
        self.copy_kafka = Button(tr("Copy the Kafka address"), self._on_copy_kafka, icon_name="ph.copy")
        about = Wrapped(tone="text", small=False)
        about.setText(
            tr(
                "They came with Switchroom and run on this machine. pika, Celery and every other AMQP 0-9-1 client can use the first: "
                "user guest, password guest. What is durable survives a restart."
            )
        )
        self._about_kafka = Wrapped(tone="text", small=False)
        invitation = Wrapped(tone="text", small=False)
        invitation.setText(tr("Paste the URL of one of yours. It is tested step by step, and its password goes into the system's keyring."))
        self.body.addWidget(title(tr("Brokers that are there from the first launch")))
        self.body.addWidget(about)
        self.body.addWidget(self._about_kafka)
        copies = QHBoxLayout()
        copies.setSpacing(8)
        copies.addWidget(self.copy)
        copies.addWidget(self.copy_kafka)
        copies.addStretch(1)
        self.body.addLayout(copies)
        self.body.addSpacing(16)
        self.body.addWidget(title(tr("Your own brokers")))
        self.body.addWidget(invitation)
        self.body.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addStretch(1)
        self.show_connection(None)

    def show_connection(self, connection: Connection | None) -> None:
        """Say where the Kafka side answers, once that is known."""
        kafka = connection.spec.kafka if connection is not None else None
        self._bootstrap = kafka.bootstrap if kafka is not None else ""
        self._about_kafka.setVisible(bool(self._bootstrap))
        self.copy_kafka.setVisible(bool(self._bootstrap))
        self._about_kafka.setText(
            tr(
                "kafka-python, confluent-kafka, kcat and every other Kafka client can use the second, at {address} without a login. "
                "Topics and offsets survive a restart.",
                address=self._bootstrap,
            )
        )

    def _on_copy_kafka(self) -> None:
        self.copy_kafka_requested.emit(self._bootstrap)
