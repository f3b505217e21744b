"""Connections into a file and out of one, without their secrets."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from embedded_server.connections.checks import MAX_NAME_CHARS, check
from embedded_server.connections.problems import ImportDamaged, ImportNotConnections, ImportVersionUnknown
from embedded_server.connections.store import VERSION, spec_of
from embedded_server.contracts.connections import ConnectionSpec, SaveConnection
from embedded_server.contracts.problems import UserFacingError


def read_file(value: Any) -> list[ConnectionSpec]:
    """Answer the connections in a file's decoded content, each checked. Raises a `UserFacingError` that says which is damaged."""
    if not isinstance(value, dict) or not isinstance(value.get("connections"), list):
        raise ImportNotConnections
    version = value.get("version", VERSION)
    if version != VERSION:
        raise ImportVersionUnknown(version=str(version)[:20], known=VERSION)
    return [_entry(position, entry) for position, entry in enumerate(value["connections"], start=1)]


def _entry(position: int, value: Any) -> ConnectionSpec:
    try:
        return check(SaveConnection(spec_of(value))).spec
    except UserFacingError as exc:
        raise ImportDamaged(position=position, reason=str(exc)) from exc
    except KeyError as exc:
        raise ImportDamaged(position=position, reason=f"“{exc.args[0]}” is missing") from exc
    except (ValueError, TypeError) as exc:
        raise ImportDamaged(position=position, reason=str(exc)[:200]) from exc
    except AttributeError as exc:
        raise ImportDamaged(position=position, reason="it is not an object") from exc


def free_name(wanted: str, is_taken: Callable[[str], bool]) -> str:
    """Answer *wanted*, or with a number behind it where another connection is called so."""
    name, number = wanted[:MAX_NAME_CHARS], 2
    while is_taken(name):
        end = f" {number}"
        name = wanted[: MAX_NAME_CHARS - len(end)] + end
        number += 1
    return name


def with_free_names(specs: Iterable[ConnectionSpec], is_taken: Callable[[str], bool]) -> list[ConnectionSpec]:
    """Rename those whose names are taken, by what there is or by one another."""
    named: list[ConnectionSpec] = []
    given: set[str] = set()
    for spec in specs:
        name = free_name(spec.name, lambda name: is_taken(name) or name.casefold() in given)
        given.add(name.casefold())
        named.append(replace(spec, name=name))
    return named
