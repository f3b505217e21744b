"""What stands under the fields and members of the contracts, for the API's description: Python itself forgets it."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from embedded_server import contracts


def describe(schemas: dict[str, Any]) -> None:
    """Put the words under fields into *schemas*, and those under the members of an enumeration into its description."""
    for name, words in _all_words():
        schema = schemas.get(name)
        if schema is None:
            continue
        for field, one in schema.get("properties", {}).items():
            if field in words:
                one.setdefault("description", words[field])
        if "enum" in schema and words:
            members = "\n".join(f"- `{value}`: {words[value]}" for value in schema["enum"] if value in words)
            schema["description"] = f"{schema.get('description', '')}\n\n{members}".strip()


def _all_words() -> Iterator[tuple[str, dict[str, str]]]:
    for module in pkgutil.walk_packages(contracts.__path__, f"{contracts.__name__}."):
        try:
            source = inspect.getsource(importlib.import_module(module.name))
        except OSError:  # installed without its sources
            continue
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef):
                yield node.name, dict(_words(node))


def _words(of: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for statement, below in pairwise(of.body):
        if not (isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)):
            continue
        words = inspect.cleandoc(below.value.value)
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, words
        elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            yield str(statement.value.value), words
