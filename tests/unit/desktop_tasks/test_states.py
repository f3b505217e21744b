from desktop.core.tasks_states import Chip, chip_counts, chip_filter, state_tone, state_word
from embedded_server.contracts.tasks import TaskState


def test_every_state_has_a_word_and_a_custom_one_keeps_its_own() -> None:
    assert all(state_word(state) != state for state in TaskState)
    assert state_word("UPLOADING") == "UPLOADING"
    assert state_tone("UPLOADING") == "run"


def test_counts_gather_states_and_lose_none() -> None:
    counts = {"PENDING": 2, "RECEIVED": 1, "STARTED": 3, "UPLOADING": 4, "FAILURE": 5, "REVOKED": 6}
    sums = {item.chip: item.count for item in chip_counts(counts)}
    assert sums[Chip.ALL] == 21
    assert (sums[Chip.WAITING], sums[Chip.RUNNING], sums[Chip.FAILED], sums[Chip.REVOKED]) == (3, 7, 5, 6)
    assert sum(count for chip, count in sums.items() if chip is not Chip.ALL) == 21


def test_each_chip_is_a_filter_anyone_could_type() -> None:
    assert chip_filter(Chip.ALL, {}) == ""
    assert chip_filter(Chip.FAILED, {}) == "state:FAILURE"
    assert chip_filter(Chip.WAITING, {}) == "(state:PENDING OR state:RECEIVED)"


def test_custom_states_are_found_under_running_whatever_their_name() -> None:
    assert chip_filter(Chip.RUNNING, {'half "done"': 1}) == '(state:STARTED OR state:PROGRESS OR state:"half \\"done\\"")'
