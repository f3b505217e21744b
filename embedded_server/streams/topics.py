"""The hub's topics: which event of the journal belongs to which, and which names may be given."""

import re
from collections.abc import Iterable
from typing import Final

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.problems import N_
from embedded_server.streams.problems import TooManyTopics, TopicNameInvalid, TopicReserved, TopicsMissing

TASKS: Final = "tasks"
SERVER: Final = "server"
BUILT_IN: Final = {
    TASKS: N_("Every step in the life of every task, and workers that come and go"),
    SERVER: N_("Parts of this server that start, stop or fail"),
}
CUSTOM_SUMMARY: Final = N_("Events that clients post")
MAX_TOPICS_PER_CLIENT: Final = 32

_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}")
_BY_KIND: Final[dict[str, str]] = {
    **{kind: TASKS for kind in Kind if kind.group in {"task", "worker"}},
    Kind.SERVER_LIFECYCLE: SERVER,
}
_FILTERS: Final = {TASKS: "kind:task OR kind:worker", SERVER: f"kind:{Kind.SERVER_LIFECYCLE}"}


def topic_of(event: Event) -> str:
    """Answer the topic an event belongs to, or an empty text."""
    if event.kind == Kind.CUSTOM:
        return event.subject
    return _BY_KIND.get(event.kind, "")


def kinds_of(topics: Iterable[str]) -> list[Kind]:
    """Answer the kinds that feed the built-in ones of *topics*."""
    wanted = set(topics)
    return [Kind(kind) for kind, topic in _BY_KIND.items() if topic in wanted]


def check_name(name: str) -> str:
    """Answer *name* where a topic may be called so; raises `TopicNameInvalid`."""
    if not _NAME.fullmatch(name):
        raise TopicNameInvalid(name=name)
    return name


def check_custom(name: str) -> str:
    """Answer *name* where clients may post to it; raises `TopicReserved` for those that the server feeds."""
    if name in BUILT_IN:
        raise TopicReserved(name=name)
    return check_name(name)


def check_names(names: Iterable[str]) -> frozenset[str]:
    """Answer the topics somebody subscribes to; ``a,b`` counts as two. Raises for none, for too many, and for a wrong name."""
    topics = frozenset(check_name(name.strip()) for text in names for name in text.split(",") if name.strip())
    if not topics:
        raise TopicsMissing
    if len(topics) > MAX_TOPICS_PER_CLIENT:
        raise TooManyTopics(count=len(topics), most=MAX_TOPICS_PER_CLIENT)
    return topics


def filter_of(topics: Iterable[str]) -> str:
    """Write the filter that finds these topics' events in the journal.

    Text is compared loosely by the filter language, so whoever reads the result asks `topic_of` again.
    """
    return " OR ".join(_FILTERS.get(topic) or f'(kind:{Kind.CUSTOM} subject:"{topic}")' for topic in sorted(topics))
