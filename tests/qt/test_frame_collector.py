"""Garbage is collected on Qt's own thread, and only there."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from desktop.services.collector import YOUNG, Collector


class Knot:
    """Refers to itself, so that only the cyclic collector lets it go; tells on which thread that was."""

    def __init__(self, died_on: list[int]) -> None:
        self.me = self
        weakref.finalize(self, lambda: died_on.append(threading.get_ident()))


@pytest.fixture
def collector(qapp: object) -> Iterator[Collector]:
    assert qapp is not None
    gc.enable()
    collector = Collector()
    collector.start()
    yield collector
    collector.stop()
    gc.disable()  # as the other tests of the window want it


def allocate_much() -> None:
    kept = [[number] for number in range(4 * YOUNG)]
    assert len(kept) == 4 * YOUNG


@pytest.mark.usefixtures("collector")
def test_a_busy_thread_collects_nothing_and_the_clock_does(qtbot: QtBot) -> None:
    died_on: list[int] = []
    Knot(died_on)
    thread = threading.Thread(target=allocate_much)
    thread.start()
    thread.join()
    assert died_on == []

    kept = [[number] for number in range(2 * YOUNG)]
    qtbot.waitUntil(lambda: bool(died_on))

    assert died_on == [threading.get_ident()]
    assert kept


def test_it_hands_back_what_it_found(collector: Collector) -> None:
    assert not gc.isenabled()

    collector.stop()
    collector.stop()

    assert gc.isenabled()


def test_little_is_left_alone(collector: Collector) -> None:
    gc.collect()
    died_on: list[int] = []
    Knot(died_on)

    collector.look()

    assert died_on == []
