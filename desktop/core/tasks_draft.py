"""What stands in the enqueue form: kept as typed, checked field by field, and turned into a request only when all of it holds."""

import ast
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from desktop.core.i18n import N_
from desktop.core.json_check import JsonFault, check_args, check_kwargs
from embedded_server.contracts.tasks import EnqueueRequest, TaskDetail

MAX_REPR_CHARS: Final = 1024**2
_UNITS_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*")
_CLOCK: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


class When(StrEnum):
    """When a task is to run."""

    NOW = "now"
    AFTER = "after"
    AT = "at"


class Entry(StrEnum):
    """The fields of the form, so that a fault stands at its own."""

    NAME = "name"
    ARGS = "args"
    KWARGS = "kwargs"
    WHEN = "when"


@dataclass(frozen=True, slots=True)
class Draft:
    """The form's fields exactly as typed."""

    name: str = ""
    args: str = ""
    kwargs: str = ""
    when: When = When.NOW
    countdown: str = ""
    eta: str = ""
    queue: str = ""
    priority: int | None = None
    origin: str = ""
    """The id of the task this repeats, or nothing."""
    shortened: bool = False
    """The arguments may be less than the task had: they come from a shortened representation."""


@dataclass(frozen=True, slots=True)
class EntryFault:
    """Why a draft cannot be sent yet, and at which field."""

    entry: Entry
    title: str
    hint: str
    params: dict[str, str] = field(default_factory=dict)
    at: JsonFault | None = None
    """Where in the text, for JSON."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft after its check: the request, or what keeps it from being one."""

    request: EnqueueRequest | None
    faults: tuple[EntryFault, ...] = ()


def prepare(draft: Draft, now: datetime) -> Prepared:
    """Check every field of *draft*; *now* is aware and in the user's zone, which a time without one is read in."""
    faults: list[EntryFault] = []
    if not draft.name.strip():
        faults.append(EntryFault(Entry.NAME, N_("No task is named"), N_("Choose one of the list, or type its name.")))
    args, kwargs = check_args(draft.args), check_kwargs(draft.kwargs)
    faults += [_at_json(entry, checked.fault) for entry, checked in ((Entry.ARGS, args), (Entry.KWARGS, kwargs)) if checked.fault]
    countdown = parse_duration(draft.countdown) if draft.when is When.AFTER else None
    eta = parse_moment(draft.eta, now) if draft.when is When.AT else None
    if draft.when is When.AFTER and countdown is None:
        faults.append(EntryFault(Entry.WHEN, N_("This is no length of time"), N_("Write seconds, or such as 250ms, 1m30s or 2h.")))
    if draft.when is When.AT and eta is None:
        faults.append(EntryFault(Entry.WHEN, N_("This is no time"), N_("Write such as 14:30, 2026-11-24 14:30 or 2026-11-24T14:30+08:00.")))
    if faults:
        return Prepared(None, tuple(faults))
    request = EnqueueRequest(
        name=draft.name.strip(),
        args=args.value,
        kwargs=kwargs.value,
        queue=draft.queue.strip() or None,
        countdown=countdown,
        eta=eta.isoformat() if eta else None,
        priority=draft.priority,
    )
    return Prepared(request)


def _at_json(entry: Entry, fault: JsonFault) -> EntryFault:
    return EntryFault(entry, fault.title, fault.hint, fault.params, at=fault)


def parse_duration(text: str) -> float | None:
    """Answer seconds for ``90``, ``1.5``, ``250ms``, ``1m30s`` or ``2h``; None where it is none of these."""
    text = text.strip().lower()
    parts = list(_DURATION.finditer(text))
    if not text or "".join(part.group() for part in parts) != text:
        return None
    if len(parts) > 1 and any(not part.group(2) for part in parts):
        return None
    return sum(float(part.group(1)) * _UNITS_S[part.group(2) or "s"] for part in parts)


def parse_moment(text: str, now: datetime) -> datetime | None:
    """Answer the moment *text* names; a clock time that is past means tomorrow's, a time without a zone is in *now*'s."""
    text = text.strip()
    try:
        if _CLOCK.fullmatch(text):
            clock = time.fromisoformat(text.zfill(8) if text.count(":") == 2 else text.zfill(5))
            moment = datetime.combine(now.date(), clock, tzinfo=now.tzinfo)
            return moment if moment > now else moment + timedelta(days=1)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def rerun_draft(detail: TaskDetail) -> Draft:
    """Answer a draft that repeats *detail*, saying so where its arguments may not be whole."""
    args, args_whole = (detail.args_json, True) if detail.args_json else _as_json(detail.args, list)
    kwargs, kwargs_whole = (detail.kwargs_json, True) if detail.kwargs_json else _as_json(detail.kwargs, dict)
    return Draft(
        name=detail.name,
        args=args,
        kwargs="" if kwargs == "{}" else kwargs,
        queue=detail.queue,
        origin=detail.id,
        shortened=not (args_whole and kwargs_whole),
    )


def _as_json(text: str, wanted: type) -> tuple[str, bool]:
    """Answer *text*, JSON or a Python repr, as JSON and whether it is certainly whole."""
    if not text.strip():
        return ("[]" if wanted is list else "{}"), True
    whole, value = _read(text)
    if isinstance(value, tuple):
        value = list(value)
    if not isinstance(value, wanted):
        return text, False
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False), whole
    except (TypeError, ValueError, RecursionError):  # bytes, sets, Ellipsis: Python has them, JSON does not
        return text, False


def _read(text: str) -> tuple[bool, Any]:
    """Answer whether *text* is whole, and its value. A repr with dots in it may be shortened: a sender cuts inside quotes as well."""
    if len(text) > MAX_REPR_CHARS:
        return False, None
    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        value = ast.literal_eval(text)
        value = ast.literal_eval(value) if isinstance(value, str) else value  # some senders write the repr of a repr
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return False, None
    return "..." not in text and "\u2026" not in text, value
