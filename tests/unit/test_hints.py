"""Whatever can go wrong for a user says what it was and what to try, in words of its own."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import embedded_server
from embedded_server.contracts.problems import UserFacingError

BASES = {"LinkProblem", "ManagementMissing", "RegistryProblem", "StreamProblem"}
"""Only what is derived from them is ever raised."""


def kinds(of: type[UserFacingError] = UserFacingError) -> Iterator[type[UserFacingError]]:
    for kind in of.__subclasses__():
        if kind.__module__.startswith("embedded_server."):
            yield kind
        yield from kinds(kind)


@pytest.fixture(scope="module")
def all_kinds() -> set[type[UserFacingError]]:
    for module in pkgutil.walk_packages(embedded_server.__path__, "embedded_server."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = set(kinds())
    assert len(found) > 200
    return found


def test_every_problem_has_a_title_and_a_hint_of_its_own(all_kinds: set[type[UserFacingError]]) -> None:
    wordless = {kind.__name__ for kind in all_kinds if kind.hint in {"", UserFacingError.hint} or kind.title in {"", UserFacingError.title}}
    assert wordless == BASES


def test_no_title_ends_with_a_full_stop(all_kinds: set[type[UserFacingError]]) -> None:
    assert [kind.__name__ for kind in all_kinds if kind.title.endswith(".")] == []
