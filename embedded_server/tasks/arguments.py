"""Checks what somebody wants to send, and says what is wrong, where, and what to try."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NoReturn

from embedded_server.contracts.tasks import EnqueueRequest
from embedded_server.tasks.client import Outgoing, encode_arguments
from embedded_server.tasks.environment import MAX_PRIORITY
from embedded_server.tasks.problems import InvalidArguments, InvalidSchedule

MAX_NAME_CHARS: Final = 255
MAX_COUNTDOWN_S: Final = 10 * 365 * 24 * 3600
_FIELDS: Final = frozenset({"name", "args", "kwargs", "queue", "countdown", "eta", "priority", "allow_unknown"})


def parse_request(body: bytes) -> EnqueueRequest:
    """Read an enqueue request from JSON, numbers of any size as they are; raises `InvalidArguments` and `InvalidSchedule`."""
    value = _parse(body)
    if not isinstance(value, dict):
        _refuse("the request is not a JSON object", "the start", 'Send an object such as {"name": "demo.add", "args": [2, 3]}.')
    for key in value:
        if key not in _FIELDS:
            _refuse(f"there is no field “{key}”", key, f"The fields are {', '.join(sorted(_FIELDS))}.")
    return EnqueueRequest(
        name=_typed(value, "name", str, "a string"),
        args=_typed(value, "args", list, 'a JSON array, such as [2, "x"]', []),
        kwargs=_typed(value, "kwargs", dict, 'a JSON object, such as {"x": 2}', {}),
        queue=_typed(value, "queue", str, "a string", None),
        countdown=_typed(value, "countdown", (int, float), "a number of seconds", None),
        eta=_typed(value, "eta", str, "a time such as 2026-11-24T09:30:00+01:00", None),
        priority=_typed(value, "priority", int, f"a whole number from 0 to {MAX_PRIORITY}", None),
        allow_unknown=_typed(value, "allow_unknown", bool, "true or false", False),
    )


def checked(request: EnqueueRequest, task_id: str, queue: Callable[[], str]) -> Outgoing:
    """Answer the task to send; *queue* names the queue where the request does not."""
    if not request.name.strip() or len(request.name) > MAX_NAME_CHARS or not request.name.isprintable():
        _refuse("the task has no usable name", "name", "Give the name a worker has registered, such as demo.add.")
    try:
        body = encode_arguments(request.args, request.kwargs)
        body.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("half of a surrogate pair is no text", "args or kwargs", "Replace the lone \\ud800-\\udfff escape.")
    except (TypeError, ValueError):
        _refuse(
            "there is a value that JSON has no word for", "args or kwargs", "Use numbers, strings, true, false, null, arrays and objects."
        )
    except RecursionError:
        _refuse("the values are nested too deeply", "args or kwargs", "Flatten them, or send them as one string.")
    outgoing = Outgoing(task_id, request.name, request.args, request.kwargs, body=body, priority=_priority(request.priority))
    outgoing = replace(outgoing, countdown=_countdown(request), eta=_eta(request.eta))
    return replace(outgoing, queue=_queue(request.queue) or queue())


def _parse(body: bytes) -> Any:
    def no_word(word: str) -> NoReturn:
        _refuse(f"{word} is no JSON", word, "Send null, or the number as a string.")

    try:
        return json.loads(body.decode("utf-8"), parse_constant=no_word)
    except json.JSONDecodeError as exc:
        where = f"line {exc.lineno}, column {exc.colno}"
        _refuse(
            exc.msg[:1].lower() + exc.msg[1:], where, "JSON wants double quotes around strings and names, and no comma after the last item."
        )
    except UnicodeDecodeError as exc:
        _refuse("this is not UTF-8", f"byte {exc.start}", "Save or send the text as UTF-8; bytes have no place in JSON (use Base64).")
    except RecursionError:
        _refuse("the values are nested too deeply", "args or kwargs", "Flatten them, or send them as one string.")
    except ValueError:
        _refuse("a number has more digits than can be read", "args or kwargs", "Send it as a string.")


def _typed(value: dict[str, Any], field: str, type_: Any, wanted: str, *default: Any) -> Any:
    if field not in value and not default:
        _refuse(f"{field} is missing", field, f"It is {wanted}.")
    found = value.get(field, default[0] if default else None)
    if found is None and default and default[0] is None:
        return None
    if not isinstance(found, type_) or (isinstance(found, bool) and type_ is not bool):
        _refuse(f"{field} is {_json_type(found)}", field, f"It has to be {wanted}.")
    return found


def _json_type(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "a string", list: "an array", dict: "an object"}
    return names.get(type(value), "something else")


def _priority(priority: int | None) -> int | None:
    if priority is not None and not 0 <= priority <= MAX_PRIORITY:
        raise InvalidSchedule(what=f"priority {priority}", remedy=f"Give 0 (last) to {MAX_PRIORITY} (first), or none.")
    return priority


def _countdown(request: EnqueueRequest) -> float | None:
    countdown = request.countdown
    if countdown is None:
        return None
    if request.eta is not None:
        raise InvalidSchedule(what="it has a countdown and an ETA", remedy="Give one of them.")
    if not math.isfinite(countdown) or not 0 <= countdown <= MAX_COUNTDOWN_S:
        raise InvalidSchedule(what=f"a countdown of {countdown:g} s", remedy="Give seconds from now, from 0 to ten years.")
    return float(countdown)


def _eta(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        eta = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidSchedule(what=f"“{text[:80]}” is no time", remedy="Write it as 2026-11-24T09:30:00+01:00.") from None
    if eta.tzinfo is None or eta.utcoffset() is None:
        raise InvalidSchedule(what=f"the ETA {text[:80]} has no time zone", remedy="Add one: Z for UTC, or an offset such as +01:00.")
    return eta


def _queue(queue: str | None) -> str | None:
    if queue is None or queue == "":
        return None
    if len(queue.encode("utf-8", "replace")) > MAX_NAME_CHARS or not queue.isprintable() or queue != queue.strip():
        raise InvalidSchedule(what="the queue's name is not usable", remedy="Up to 255 bytes, without spaces around it.")
    return queue


def _refuse(what: str, where: str, remedy: str) -> NoReturn:
    raise InvalidArguments(what=what, where=where, remedy=remedy)
