import asyncio
import gc
import warnings

from PySide6.QtCore import QObject

from desktop.views.widgets.jobs import Jobs


async def wait_forever() -> None:
    await asyncio.Event().wait()


def ignore(_exc: BaseException) -> None:
    pass


async def test_work_given_up_before_it_began_leaves_no_warning() -> None:
    jobs = Jobs(QObject())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        jobs.start("load", wait_forever(), ignore)
        await jobs.stop()
        gc.collect()
    assert caught == []


async def test_a_name_runs_once_and_the_newest_wins() -> None:
    jobs = Jobs(QObject())
    first = jobs.start("load", wait_forever(), ignore)
    second = jobs.start("load", wait_forever(), ignore)
    await asyncio.wait([first])
    assert first.cancelled()
    assert not second.done()
    assert jobs.is_running("load")
    await jobs.stop()
    assert second.cancelled()
    assert not jobs.is_running("load")
