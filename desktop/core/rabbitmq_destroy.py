"""What purging or deleting is called, and what is lost by it."""

from desktop.core.i18n import tr, trn
from embedded_server.contracts.rabbitmq import Target


def question_words(target: Target, name: str, count: int | None) -> str:
    """Ask, naming the object and the number: ``Purge 1,204 messages from orders.dead?``."""
    if target is Target.EXCHANGE:
        return tr("Delete the exchange {name}?", name=name)
    if target is Target.QUEUE:
        if not count:
            return tr("Delete the queue {name}?", name=name)
        return trn("Delete the queue {name} with its 1 message?", "Delete the queue {name} with its {n} messages?", count, name=name)
    if count is None:
        return tr("Purge all ready messages from {name}?", name=name)
    return trn("Purge 1 message from {name}?", "Purge {n} messages from {name}?", count, name=name)


def act_words(target: Target, count: int | None) -> str:
    """Name the act and the amount, for its button."""
    if target is Target.EXCHANGE:
        return tr("Delete the exchange")
    if target is Target.QUEUE:
        return tr("Delete the queue") if not count else trn("Delete with 1 message", "Delete with {n} messages", count)
    return tr("Purge all") if count is None else trn("Purge 1 message", "Purge {n} messages", count)


def consequence_words(target: Target, count: int | None) -> str:
    """Say what cannot be undone."""
    if target is Target.EXCHANGE:
        return tr("Its bindings go with it. What is published to it afterwards is refused; what is in the queues stays there.")
    if target is Target.QUEUE:
        unknown = tr("How many messages are in it is not known.") if count is None else ""
        lost = tr("Its messages, ready and unacknowledged, and its bindings are lost for good. Consumers are cancelled.")
        return f"{unknown} {lost}".strip()
    return tr("Ready messages are lost for good and are not dead-lettered. Unacknowledged ones stay with their consumers.")
