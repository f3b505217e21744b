"""A real journal in a temporary folder: opening one takes milliseconds."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from embedded_server.journal import Journal
from embedded_server.streams import Hub


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    journal = Journal(tmp_path / "journal.db")
    hub = Hub(journal)
    journal.open()
    await hub.start()
    yield hub
    await hub.stop()
    journal.close()


@pytest.fixture
def journal(hub: Hub) -> Journal:
    return hub._journal
