"""A Celery task message read without Celery: protocols 1 and 2. Only JSON is read; pickled and other bodies are told by their headers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from desktop.core.i18n import N_, tr
from embedded_server.contracts.rabbitmq import Properties

MAX_TEXT: Final = 4_000
MAX_BODY: Final = 4 * 1024 * 1024
"""Larger bodies are not parsed to show a few of their values."""
_JSON: Final = frozenset({"application/json", "text/json", ""})
_EMBEDDED: Final = (
    ("chain", N_("then")),
    ("chord", N_("chord")),
    ("callbacks", N_("on success")),
    ("errbacks", N_("on failure")),
)


@dataclass(frozen=True, slots=True)
class CeleryTask:
    """A task as its message carries it."""

    protocol: int
    name: str
    id: str
    args: str = ""
    """As JSON, or as the sender wrote it for people."""
    kwargs: str = ""
    eta: str = ""
    expires: str = ""
    retries: int = 0
    root: str = ""
    parent: str = ""
    group: str = ""
    origin: str = ""
    time_limits: str = ""
    language: str = ""
    embedded: tuple[tuple[str, str], ...] = ()
    """What follows it: the part, and the tasks in it."""
    note: str = ""
    """Why its arguments are not those of the body."""
    rows: tuple[tuple[str, str], ...] = field(default=())
    """All of it as lines to show, in their order."""


def celery_task(headers: Mapping[str, Any], properties: Properties, body: bytes) -> CeleryTask | None:
    """Read a message as a task; None where it is none. Never raises, whatever the message holds."""
    if isinstance(headers.get("task"), str) and isinstance(headers.get("id"), str):
        return _second(headers, properties, body)
    content = (properties.content_type or "").split(";")[0].strip().lower()
    if content in _JSON and body[:1] == b"{" and len(body) <= MAX_BODY:
        document, _ = _parsed(body)
        if isinstance(document, dict) and _is_first(document):
            return _first(document)
    return None


def _is_first(document: Mapping[str, Any]) -> bool:
    named = isinstance(document.get("task"), str) and isinstance(document.get("id"), str)
    return named and isinstance(document.get("args", []), list) and isinstance(document.get("kwargs", {}), dict)


def _first(document: Mapping[str, Any]) -> CeleryTask:
    limits = document.get("timelimit")
    return _with_rows(
        CeleryTask(
            protocol=1,
            name=document["task"],
            id=document["id"],
            args=_json(document.get("args", [])),
            kwargs=_json(document.get("kwargs", {})),
            eta=_word(document.get("eta")),
            expires=_word(document.get("expires")),
            retries=_whole(document.get("retries")),
            group=_word(document.get("group") or document.get("taskset")),
            time_limits=_limits(limits),
            embedded=_embedded(document),
        )
    )


def _second(headers: Mapping[str, Any], properties: Properties, body: bytes) -> CeleryTask:
    args, kwargs, embedded, note = _body_of(properties, body)
    if note:
        args, kwargs = _word(headers.get("argsrepr")), _word(headers.get("kwargsrepr"))
    return _with_rows(
        CeleryTask(
            protocol=2,
            name=headers["task"],
            id=headers["id"],
            args=args,
            kwargs=kwargs,
            eta=_word(headers.get("eta")),
            expires=_word(headers.get("expires")),
            retries=_whole(headers.get("retries")),
            root=_word(headers.get("root_id")),
            parent=_word(headers.get("parent_id")),
            group=_word(headers.get("group")),
            origin=_word(headers.get("origin")),
            time_limits=_limits(headers.get("timelimit")),
            language=_word(headers.get("lang")),
            embedded=embedded,
            note=note,
        )
    )


def _body_of(properties: Properties, body: bytes) -> tuple[str, str, tuple[tuple[str, str], ...], str]:
    """Answer args, kwargs and what is embedded, or why they cannot be read."""
    content = (properties.content_type or "").split(";")[0].strip().lower()
    if content not in _JSON:
        return "", "", (), tr("The body is {type}, which is never unpickled here: the arguments are as the sender wrote them", type=content)
    if len(body) > MAX_BODY:
        return "", "", (), tr("The body is large: the arguments are as the sender shortened them")
    document, reason = _parsed(body)
    if reason:
        return "", "", (), tr("The body is no JSON ({reason}): the arguments are as the sender wrote them", reason=reason)
    match document:
        case [list() as args, dict() as kwargs, *rest]:
            embedded = rest[0] if rest and isinstance(rest[0], dict) else {}
            return _json(args), _json(kwargs), _embedded(embedded), ""
    return "", "", (), tr("The body has not the shape of a task's: the arguments are as the sender wrote them")


def _embedded(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found = []
    for key, word in _EMBEDDED:
        value = document.get(key)
        if not value:
            continue
        signatures = value if isinstance(value, list) else [value]
        if key == "chain":
            signatures = signatures[::-1]  # Celery keeps the next one last
        found.append((tr(word), " → ".join(_signature(one) for one in signatures)[:MAX_TEXT]))
    return tuple(found)


def _signature(signature: Any) -> str:
    if not isinstance(signature, dict):
        return _word(signature)
    name = _word(signature.get("task"))
    args, kwargs = signature.get("args"), signature.get("kwargs")
    words = [_json(one) for one in args] if isinstance(args, list) else []
    words += [f"{key}={_json(value)}" for key, value in kwargs.items()] if isinstance(kwargs, dict) and "tasks" not in kwargs else []
    inner = kwargs.get("tasks") if isinstance(kwargs, dict) else None
    if isinstance(inner, list):
        return f"{name}({', '.join(_signature(one) for one in inner[:20])})"
    return f"{name}({', '.join(words)})"


def _with_rows(task: CeleryTask) -> CeleryTask:
    rows = [
        (tr("Arguments"), task.args),
        (tr("Keywords"), "" if task.kwargs == "{}" else task.kwargs),
        (tr("Id"), task.id),
        (tr("ETA"), task.eta),
        (tr("Expires"), task.expires),
        (tr("Retries"), str(task.retries) if task.retries else ""),
        (tr("Time limits"), task.time_limits),
        (tr("Root"), task.root if task.root != task.id else ""),
        (tr("Parent"), task.parent),
        (tr("Group"), task.group),
        (tr("Sent by"), task.origin),
        *task.embedded,
    ]
    return replace(task, rows=tuple((name, text) for name, text in rows if text))


def _parsed(body: bytes) -> tuple[Any, str]:
    try:
        return json.loads(body), ""
    except RecursionError:
        return None, tr("nested too deep")
    except ValueError as exc:
        return None, str(exc)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:MAX_TEXT]


def _word(value: Any) -> str:
    return "" if value is None else value[:MAX_TEXT] if isinstance(value, str) else _json(value)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _limits(value: Any) -> str:
    """Celery keeps the hard limit first."""
    if not isinstance(value, list) or len(value) != 2 or value == [None, None]:
        return ""
    hard, soft = value
    parts = [tr("soft {n} s", n=soft) if soft is not None else "", tr("hard {n} s", n=hard) if hard is not None else ""]
    return ", ".join(part for part in parts if part)
