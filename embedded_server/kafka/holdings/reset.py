"""Works out where a group's offsets are set to, partition by partition. No input and output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from embedded_server.contracts.kafka import Assigned, OffsetChange, ResetRequest, ResetTo
from embedded_server.kafka.holdings.figures import Place
from embedded_server.kafka.holdings.group_wire import Committed, Ranges
from embedded_server.kafka.holdings.problems import NothingToShift, PartitionNotThere


@dataclass(frozen=True, slots=True)
class Ground:
    """What a reset is worked out from."""

    committed: Mapping[Place, Committed]
    ranges: Ranges
    found: Mapping[Place, int]
    """By time: the first offset from then on, -1 where no record is so new."""


def places_of(wanted: Sequence[Assigned], committed: Mapping[Place, Committed], partitions: Mapping[str, int]) -> list[Place]:
    """Answer the partitions that *wanted* names, in their order; nothing wanted is all that is committed in.

    A topic named without partitions is all of its partitions, of which *partitions* knows the number.
    """
    if not wanted:
        return sorted(committed)
    return sorted({(one.topic, number) for one in wanted for number in one.partitions or range(partitions.get(one.topic, 0))})


def plan(request: ResetRequest, places: Sequence[Place], ground: Ground) -> list[OffsetChange]:
    """Answer before and after of each partition; those that cannot be set have a problem, and stay as they are."""
    return [_change(request, place, ground) for place in places]


def _change(request: ResetRequest, place: Place, ground: Ground) -> OffsetChange:
    topic, partition = place
    before = ground.committed[place].offset if place in ground.committed else None
    if place not in ground.ranges.ends:
        problem = PartitionNotThere(topic=topic, partition=partition).problem()
        return OffsetChange(topic, partition, before, before or 0, 0, 0, problem=problem)
    start, end = ground.ranges.starts.get(place, 0), ground.ranges.ends[place]
    if request.to is ResetTo.SHIFT and before is None:
        problem = NothingToShift(topic=topic, partition=partition).problem()
        return OffsetChange(topic, partition, before, 0, start, end, problem=problem)
    wish = _wish(request, place, before or 0, start, end, ground)
    after = min(max(wish, start), end)
    return OffsetChange(topic, partition, before, after, start, end, clamped=after != wish)


def _wish(request: ResetRequest, place: Place, before: int, start: int, end: int, ground: Ground) -> int:
    match request.to:
        case ResetTo.EARLIEST:
            return start
        case ResetTo.LATEST:
            return end
        case ResetTo.OFFSET:
            return request.offset
        case ResetTo.SHIFT:
            return before + request.offset
        case ResetTo.TIME:
            found = ground.found.get(place, -1)
            return end if found < 0 else found
