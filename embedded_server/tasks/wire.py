"""kombu, which says of itself that it is typed and is not: one place to step around it."""

from typing import Any


def kombu() -> Any:
    """Answer the package, imported at first use."""
    import kombu as package

    return package


def mailbox(connection: Any) -> Any:
    """Answer the workers' mailbox for control commands, as Celery sets it up, on *connection* alone."""
    from kombu.pidbox import Mailbox

    box: Any = Mailbox
    return box("celery", type="fanout", connection=connection, accept=["json"], serializer="json", reply_queue_expires=10.0)
