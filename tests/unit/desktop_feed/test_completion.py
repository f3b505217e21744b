from hypothesis import given
from hypothesis import strategies as st

from desktop.core.filter_completion import Completion, Offer, complete
from embedded_server.contracts.filters import EVENT_FIELDS, TASK_FIELDS


def offered(text: str, cursor: int | None = None, values: tuple[str, ...] = ()) -> list[str]:
    return [o.text for o in complete(text, len(text) if cursor is None else cursor, EVENT_FIELDS, values).offers]


def taken(text: str, offer: str) -> tuple[str, int]:
    completion = complete(text, len(text), EVENT_FIELDS)
    return completion.take(text, next(o for o in completion.offers if o.text == offer))


def test_an_empty_box_offers_every_field() -> None:
    texts = offered("")
    assert {f"{f.name}:" for f in EVENT_FIELDS} <= set(texts)
    assert "body." in texts
    assert "AND" not in texts


def test_a_beginning_offers_the_fields_that_begin_so() -> None:
    assert offered("st") == ["status:"]
    assert offered("s")[:3] == ["subject:", "status:", "size:"]


def test_joining_words_are_offered_after_something_to_join() -> None:
    assert "OR" in offered("kind:task ")
    assert "OR" not in offered("kind:task OR ")


def test_kinds_and_their_groups_are_offered_without_asking_the_server() -> None:
    completion = complete("kind:task.f", 11, EVENT_FIELDS)
    assert [o.text for o in completion.offers] == ["task.failed"]
    assert completion.field == ""
    assert "task" in offered("kind:ta")


def test_states_of_tasks_are_offered() -> None:
    assert [o.text for o in complete("state:fail", 10, TASK_FIELDS).offers] == ["FAILURE"]


def test_values_of_a_text_field_are_asked_for_by_their_beginning() -> None:
    completion = complete("worker:we", 9, EVENT_FIELDS)
    assert (completion.field, completion.prefix) == ("worker", "we")
    assert offered("worker:we", values=("web-1", "batch-1", "the web")) == ["web-1", '"the web"']


def test_sizes_and_times_are_shown_by_example() -> None:
    assert ">1kB" in offered("size:")
    assert ">-5m" in offered("time:>")


def test_the_minus_of_a_negation_is_kept() -> None:
    assert offered("-wor") == ["-worker:"]
    assert taken("-wor", "-worker:") == ("-worker:", 8)


def test_a_word_in_the_middle_is_completed_in_its_place() -> None:
    text = "kind:task wor OR size:>1kB"
    completion = complete(text, 13, EVENT_FIELDS)
    assert completion.take(text, completion.offers[0]) == ("kind:task worker: OR size:>1kB", 17)


def test_a_taken_value_is_followed_by_a_blank() -> None:
    assert taken("kind:task.f", "task.failed") == ("kind:task.failed ", 17)


def test_inside_quotes_a_blank_does_not_begin_a_new_word() -> None:
    completion = complete('subject:"a b', 12, EVENT_FIELDS)
    assert completion.field == "subject"
    assert completion.prefix == "a b"


def test_inside_a_regular_expression_nothing_is_offered() -> None:
    assert offered("subject:/or") == []
    assert offered("/ki") == []


def test_an_unknown_field_has_no_values() -> None:
    assert offered("colour:r") == []


@given(st.text(alphabet='abks:-"/\\() >OR.', max_size=30), st.integers(0, 30))
def test_no_text_breaks_it_and_every_offer_can_be_taken(text: str, cursor: int) -> None:
    cursor = min(cursor, len(text))
    completion = complete(text, cursor, EVENT_FIELDS, ("web 1",))
    assert 0 <= completion.start <= completion.end == cursor
    for offer in completion.offers:
        after, at = completion.take(text, offer)
        assert offer.text in after
        assert 0 <= at <= len(after)


def test_an_offer_at_a_given_place() -> None:
    assert Completion(0, 2).take("ki", Offer("kind:", is_open=True)) == ("kind:", 5)
