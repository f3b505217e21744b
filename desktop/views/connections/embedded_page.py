"""What stands for the embedded connection, which has nothing to edit: what it is for, and how one's own broker is added."""

from PySide6.QtCore import Qt, Signal

from desktop.core.i18n import tr
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.labels import title
from desktop.views.widgets.wrapped import Wrapped


class EmbeddedPage(Card):
    """Words and one act."""

    add_requested = Signal()
    copy_requested = Signal()

    def __init__(self) -> None:
        super().__init__(margins=(16, 16, 16, 16))
        self.add = PrimaryButton(tr("Add your RabbitMQ"), self.add_requested.emit)
        self.copy = Button(tr("Copy the address"), self.copy_requested.emit, icon_name="ph.copy")
        about = Wrapped(tone="text", small=False)
        about.setText(
            tr(
                "This broker came with Switchroom and runs on this machine. pika, Celery and every other AMQP 0-9-1 client can use it: "
                "user guest, password guest. What is durable survives a restart."
            )
        )
        invitation = Wrapped(tone="text", small=False)
        invitation.setText(
            tr("Paste the URL of a RabbitMQ of yours. It is tested step by step, and its password goes into the system's keyring.")
        )
        self.body.addWidget(title(tr("A broker that is there from the first launch")))
        self.body.addWidget(about)
        self.body.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addSpacing(16)
        self.body.addWidget(title(tr("Your own brokers")))
        self.body.addWidget(invitation)
        self.body.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addStretch(1)
