"""What the last steps of the walk say they found."""

import pytest

from embedded_server.kafka.walk.registry import some_of


@pytest.mark.parametrize(
    ("names", "told"),
    [([], ""), (["a"], "a"), (["a", "b", "c"], "a · b · c"), ([f"t{n:04d}" for n in range(2010)], "2,010: t0000 · t0001 · t0002 · …")],
)
def test_a_few_names_are_told_and_how_many_there_are_where_that_is_not_all(names: list[str], told: str) -> None:
    assert some_of(names) == told
