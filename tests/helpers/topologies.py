"""Topologies as one finds them: a shop with dead letters, Celery with its queues, and two hundred queues."""

import random
from dataclasses import replace
from typing import Any

from embedded_server.contracts.rabbitmq import BindingInfo, ConsumerInfo, ExchangeInfo, QueueInfo, Topology


def exchange(name: str, type_: str = "topic", **arguments: Any) -> ExchangeInfo:
    """A durable exchange."""
    return ExchangeInfo(name, "/", type_, durable=True, auto_delete=False, internal=False, arguments=arguments, rate_in=10.0, rate_out=12.0)


def queue(name: str, ready: int = 0, *, consumers: int = 1, **arguments: Any) -> QueueInfo:
    """A queue that is consumed from."""
    named = {key.replace("_", "-"): value for key, value in arguments.items()}
    rate = 10.0 * consumers
    return QueueInfo(
        name, "/", arguments=named, state="running", ready=ready, unacked=0, consumers=consumers, publish_rate=rate, deliver_rate=rate
    )


def bind(source: str, destination: str, key: str = "", *, to_queue: bool = True, **arguments: Any) -> BindingInfo:
    """A binding."""
    return BindingInfo("/", source, destination, to_queue, key, arguments, key or "~")


def consumer(queue_name: str, port: int, host: str = "10.0.3.7") -> ConsumerInfo:
    """A consumer of the client at that port."""
    peer = f"{host}:{port}"
    return ConsumerInfo(f"ctag1.{port}", queue_name, "/", f"{peer} -> 10.0.0.2:5672", f"{peer} (1)", peer, True, False, True, 50)


def shop() -> Topology:
    """Orders, receipts and mails of a shop, with dead letters, a retry through the default exchange and an alternate exchange."""
    dead: dict[str, Any] = {"x_dead_letter_exchange": "orders.dlx"}
    pdf: dict[str, Any] = {"x-match": "all", "format": "pdf"}
    exchanges = [
        exchange("", "direct"),
        exchange("amq.topic"),
        exchange("events", "headers"),
        exchange("events.all", "fanout"),
        exchange("orders", **{"alternate-exchange": "orders.unrouted"}),
        exchange("orders.dlx", "fanout"),
        exchange("orders.unrouted", "fanout"),
    ]
    queues = [
        replace(queue("orders.charge", consumers=2, **dead), deliver_rate=118.0),
        replace(queue("orders.receipts", 412, **dead), deliver_rate=61.0),
        queue("orders.dead", 17, consumers=0),
        queue("orders.lost", 3, consumers=0),
        queue("mail.outbox", 1204, x_dead_letter_exchange="", x_dead_letter_routing_key="mail.retry"),
        queue("mail.retry", 12, consumers=0, x_dead_letter_exchange="", x_dead_letter_routing_key="mail.outbox", x_message_ttl=30000),
        queue("audit", 0, consumers=1),
        queue("reports.pdf", 8, consumers=0),
        queue("scratch", 0, consumers=0),
        queue("tmp.import", 0, consumers=0),
    ]
    bindings = [
        bind("orders", "orders.charge", "order.paid"),
        bind("orders", "orders.receipts", "order.#"),
        bind("orders", "mail.outbox", "order.paid"),
        bind("orders", "mail.outbox", "order.refunded"),
        bind("orders", "mail.outbox", "order.shipped.#"),
        bind("events.all", "orders", "order.*", to_queue=False),
        bind("events.all", "events", to_queue=False),
        bind("events.all", "audit"),
        bind("events", "reports.pdf", **pdf),
        bind("orders.dlx", "orders.dead"),
        bind("orders.unrouted", "orders.lost"),
    ]
    consumers = [
        consumer("orders.charge", 51000),
        consumer("orders.charge", 51002),
        consumer("orders.receipts", 51010, "10.0.3.9"),
        consumer("mail.outbox", 40112, "10.0.3.9"),
        consumer("audit", 33100, "10.0.4.1"),
    ]
    return Topology("/", exchanges, queues, bindings, consumers, len(queues))


def celery() -> Topology:
    """Celery with twelve queues: two pools of workers, their events and their mailboxes."""
    names = [
        "celery",
        "default",
        "emails",
        "exports",
        "images",
        "imports",
        "invoices",
        "payments",
        "priority",
        "reports",
        "search",
        "webhooks",
    ]
    exchanges = [
        exchange("", "direct"),
        exchange("celery", "direct"),
        exchange("tasks"),
        exchange("celeryev"),
        exchange("celery.pidbox", "fanout"),
        exchange("reply.celery.pidbox", "direct"),
    ]
    queues = [queue(name, (7 * number) ** 2 % 5000, consumers=2) for number, name in enumerate(names)]
    mail = [f"celery@worker-{number}.celery.pidbox" for number in (1, 2)]
    queues += [queue(name) for name in mail] + [queue("celeryev.9f0c11aa-7b1c-4a7e")]
    bindings = [bind("celery", "celery", "celery")] + [bind("tasks", name, f"task.{name}.#") for name in names[1:]]
    bindings += [bind("celery.pidbox", name) for name in mail] + [bind("celeryev", "celeryev.9f0c11aa-7b1c-4a7e", "worker.#")]
    consumers = [consumer(name, 40000 + pool, f"10.0.5.{pool}") for pool in (1, 2) for name in names]
    consumers += [consumer(name, 40000 + number, f"10.0.5.{number}") for number, name in enumerate(mail, 1)]
    consumers.append(consumer("celeryev.9f0c11aa-7b1c-4a7e", 50100, "10.0.6.1"))
    return Topology("/", exchanges, queues, bindings, consumers, len(queues))


def large(count: int = 200, seed: int = 7) -> Topology:
    """A company's broker: domains with their exchanges, dead letters for half of the queues, some in several places."""
    dice = random.Random(seed)
    domains = ["billing", "catalog", "checkout", "crm", "fraud", "inventory", "logistics", "mail", "media", "search", "stock", "users"]
    exchanges = [exchange("", "direct"), exchange("events", "fanout")]
    exchanges += [exchange(name, dice.choice(["topic", "topic", "direct", "fanout"])) for name in domains]
    exchanges += [exchange(f"{name}.dlx", "fanout") for name in domains[:6]]
    queues: list[QueueInfo] = []
    bindings = [bind("events", name, to_queue=False) for name in domains[:5]]
    for number in range(count - 12):
        domain = domains[number % 12 if number % 3 else number % 5]
        name = f"{domain}.{dice.choice(['created', 'updated', 'sync', 'export', 'audit', 'notify'])}.{number:03}"
        arguments = {"x_dead_letter_exchange": f"{domain}.dlx"} if domain in domains[:6] and number % 2 else {}
        queues.append(queue(name, int(dice.expovariate(1 / 300)) if number % 4 == 0 else 0, consumers=number % 3, **arguments))
        bindings.append(bind(domain, name, f"{domain}.{name.split('.')[1]}.#"))
        if number % 17 == 0:
            bindings.append(bind(dice.choice(domains), name, "audit.#"))
    queues += [queue(f"{name}.dead", 5, consumers=0) for name in domains[:6]]
    bindings += [bind(f"{name}.dlx", f"{name}.dead") for name in domains[:6]]
    queues += [queue(f"rpc.reply.{number}", consumers=0) for number in range(6)]
    return Topology("/", exchanges, queues, bindings, [], count)
