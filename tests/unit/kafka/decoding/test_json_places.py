"""Where a value stands in a JSON text."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from embedded_server.kafka.decoding.json_places import Path, place_of

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def paths(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield from paths(one, (*path, step))


@given(_values, st.sampled_from([None, 0, 2]), st.booleans())
def test_every_value_is_found_where_it_stands(value: Any, indent: int | None, escaped: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=escaped)
    lines = text.split("\n")
    for path, one in paths(value):
        line, column = place_of(text, path)
        found, _ = json.JSONDecoder().raw_decode("\n".join([lines[line - 1][column - 1 :], *lines[line:]]))
        assert found == one


def test_of_a_path_that_is_not_there_the_last_part_that_is_counts() -> None:
    assert place_of('{"a":\n [1]}', ("a", 7, "b")) == (2, 2)
