from desktop.core.tasks_stats import figures_of, workers_tone
from embedded_server.contracts.tasks import TaskStats


def stats(throughput: list[float], failures: list[float], wait: list[float], online: list[float], known: int) -> TaskStats:
    return TaskStats(throughput, failures, wait, online, known, {})


def test_throughput_is_the_mean_of_the_last_seconds() -> None:
    assert figures_of(stats([100.0, 0, 0, 0, 0, 5], [], [], [], 0)).throughput == 1.0


def test_failures_are_a_share_of_what_finished() -> None:
    assert figures_of(stats([4.0, 4.0], [1.0, 1.0], [], [], 0)).failure_percent == 25.0
    assert figures_of(stats([0.0], [0.0], [], [], 0)).failure_percent is None


def test_the_wait_is_the_last_that_was_measured() -> None:
    assert figures_of(stats([], [], [10.0, 38.0, 0.0, 0.0], [], 0)).wait_ms == 38.0
    assert figures_of(stats([], [], [], [], 0)).wait_ms is None


def test_the_workers_colour_says_whether_one_is_missing() -> None:
    def tone(online: float, known: int) -> str:
        return workers_tone(figures_of(stats([], [], [], [online], known)))

    assert [tone(2, 2), tone(1, 2), tone(0, 2), tone(0, 0)] == ["ok", "warn", "bad", "wait"]
