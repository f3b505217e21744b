"""Topic patterns against the plainest model of them."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from embedded_server.core.topics import TopicTree

words = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=5)
patterns = st.lists(st.sampled_from(["a", "b", "", "*", "#"]), max_size=5)


def model(pattern: list[str], key: list[str]) -> bool:
    if not pattern:
        return not key
    if pattern[0] == "#":
        return model(pattern[1:], key) or (bool(key) and model(pattern, key[1:]))
    return bool(key) and pattern[0] in {"*", key[0]} and model(pattern[1:], key[1:])


def split(text: str) -> list[str]:
    return text.split(".") if text else []


@given(st.lists(patterns, max_size=6), words)
def test_tree_matches_like_the_model(filed: list[list[str]], key_words: list[str]) -> None:
    tree: TopicTree[int] = TopicTree()
    for number, pattern in enumerate(filed):
        tree.add(".".join(pattern), number)
    key = ".".join(key_words)
    expected = [number for number, pattern in enumerate(filed) if model(split(".".join(pattern)), split(key))]
    assert sorted(tree.match(key)) == expected


@given(st.lists(patterns, max_size=6), st.randoms(use_true_random=False))
def test_removing_all_leaves_nothing(filed: list[list[str]], random: Random) -> None:
    tree: TopicTree[int] = TopicTree()
    for number, pattern in enumerate(filed):
        tree.add(".".join(pattern), number)
    order = list(enumerate(filed))
    random.shuffle(order)
    for number, pattern in order:
        tree.remove(".".join(pattern), number)
    assert tree.match("a") == []
    assert tree._root.children == {}


def test_many_hashes_are_not_slow() -> None:
    tree: TopicTree[str] = TopicTree()
    tree.add(".".join(["#"] * 60 + ["z"]), "found")
    assert tree.match(".".join(["a"] * 60)) == []
    assert tree.match(".".join(["a"] * 60 + ["z"])) == ["found"]
