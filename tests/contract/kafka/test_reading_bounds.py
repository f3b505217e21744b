"""Where a reading, a search and a copy may start and end: partitions that are there, offsets and times that mean something."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.kafka import CopyRequest, ReadRequest, SearchRequest, Start
from embedded_server.contracts.problems import UserFacingError
from tests.contract.kafka.capability import CONNECTION, Capability, capability_over, profile_of


@pytest.fixture
async def capability(bootstrap: str, tmp_path: Path) -> AsyncIterator[Capability]:
    async with capability_over(tmp_path, lambda: profile_of(bootstrap)) as made:
        yield made


@pytest.mark.parametrize(
    ("wrong", "fault", "title"),
    [
        ({"until": {7: 5}}, "partition-out-of-range", "has no partition 7"),
        ({"until": {-1: 5}}, "partition-out-of-range", "has no partition -1"),
        ({"start": Start(offsets={7: 5})}, "partition-out-of-range", "has no partition 7"),
        ({"until": {0: -1}}, "end-invalid", "A reading cannot end at offset -1"),
        ({"until": {0: 2**63}}, "end-invalid", "A reading cannot end at offset 9223372036854775808"),
        ({"until_time": -1}, "end-invalid", "A reading cannot end at time -1"),
        ({"until_time": 2**63}, "end-invalid", "A reading cannot end at time 9223372036854775808"),
    ],
)
async def test_an_end_or_a_start_where_nothing_is_is_refused_whatever_reads(
    capability: Capability, topic: str, wrong: dict[str, Any], fault: str, title: str
) -> None:
    for begun in (
        capability.records.read(CONNECTION, ReadRequest(topic, **wrong)),
        capability.service.search.search(CONNECTION, SearchRequest(topic, "x", **wrong)),
        capability.service.copies.copy(CONNECTION, CopyRequest(topic, topic, **wrong)),
    ):
        with pytest.raises(UserFacingError, match=re.escape(title)) as caught:
            await begun
        assert (caught.value.code, caught.value.status) == (fault, 422)
