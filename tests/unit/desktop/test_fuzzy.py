import pytest

from desktop.core.fuzzy import NO_MATCH, fuzzy_score

ACTS = ["Enqueue task", "Go to Tasks", "Go to Timeline", "Go to Settings", "Sign out", "Restart the server", "Copy the server's address"]


def best(typed: str) -> str:
    return max(ACTS, key=lambda act: fuzzy_score(typed, act))


@pytest.mark.parametrize(
    ("typed", "act"),
    [
        ("enq", "Enqueue task"),
        ("gta", "Go to Tasks"),
        ("time", "Go to Timeline"),
        ("sout", "Sign out"),
        ("rts", "Restart the server"),
        ("SET", "Go to Settings"),
    ],
)
def test_few_letters_find_the_act_meant(typed: str, act: str) -> None:
    assert best(typed) == act


def test_letters_out_of_order_do_not_match() -> None:
    assert fuzzy_score("tuo", "Sign out") == NO_MATCH


def test_nothing_typed_matches_everything_alike() -> None:
    assert {fuzzy_score("  ", act) for act in ACTS} == {1.0}


def test_a_words_beginning_beats_its_middle() -> None:
    assert fuzzy_score("serv", "Restart the server") > fuzzy_score("erve", "Restart the server") > fuzzy_score("rtsv", "Restart the server")
