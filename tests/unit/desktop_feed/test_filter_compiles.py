"""What the window writes for the user is understood by the server's own compiler."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.feed_filter import compose, term
from desktop.core.filter_completion import complete
from embedded_server.contracts.filters import EVENT_FIELDS, TASK_FIELDS, Field
from embedded_server.journal.filters import compile_filter
from embedded_server.journal.filters.vocabulary import EVENTS, Vocabulary
from embedded_server.tasks.feed import TaskFeedSource

TASKS: Vocabulary = TaskFeedSource.vocabulary


@given(st.text(min_size=1, max_size=20))
def test_any_value_can_be_filtered_by_and_excluded(value: str) -> None:
    compile_filter(term("subject", value), EVENTS)
    compile_filter(compose("kind:task", [term("key", value)], term("worker", value, exclude=True)).text, EVENTS)


@pytest.mark.parametrize("field", EVENT_FIELDS, ids=lambda f: f.name)
def test_every_offered_value_of_an_events_field_is_understood(field: Field) -> None:
    prefix = f"{field.name}:"
    for offer in complete(prefix, len(prefix), EVENT_FIELDS).offers:
        compile_filter(prefix + offer.text, EVENTS)


@pytest.mark.parametrize("field", TASK_FIELDS, ids=lambda f: f.name)
def test_every_offered_value_of_a_tasks_field_is_understood(field: Field) -> None:
    prefix = f"{field.name}:"
    for offer in complete(prefix, len(prefix), TASK_FIELDS).offers:
        compile_filter(prefix + offer.text, TASKS)
