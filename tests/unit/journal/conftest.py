"""A journal in a folder of its own, and events to put into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_server.journal import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    opened.open()
    yield opened
    opened.close()
