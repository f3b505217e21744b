"""The policy for one hub client: in order, none twice, bounded, caught up, and a gap only where it must be."""

from dataclasses import dataclass, field

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.contracts.streams import Gap
from embedded_server.streams.frames import Frame, open_frame
from embedded_server.streams.subscription import Limits, Page, Subscription, SubscriptionClosed

TOPICS = frozenset({"orders"})


def frame(seq: int) -> Frame:
    return Frame(seq=seq, id=f"e:{seq}", topic="orders", name="message", data=b"{}")


@dataclass
class FakeHistory:
    """A journal in which every number in *kept* is an event of the topic."""

    kept: list[int] = field(default_factory=list)
    first_seq: int = 1
    epoch: str = "e"
    reads: int = 0

    async def read(self, topics: frozenset[str], *, after: int, upto: int, limit: int) -> Page:
        assert topics == TOPICS
        self.reads += 1
        found = [seq for seq in self.kept if after < seq <= upto and seq >= self.first_seq][:limit]
        return Page([frame(seq) for seq in found], found[-1] if len(found) == limit else upto)


def subscription(history: FakeHistory, *, after: int = 0, head: int = 0, limits: Limits | None = None) -> Subscription:
    return Subscription(TOPICS, history, after=after, head=head, limits=limits or Limits(), greeting=open_frame(f"e:{after}"))


def dispatch(client: Subscription, seq: int) -> None:
    """As the hub does."""
    if client.accepts(seq, frame(seq).size):
        client.push(frame(seq))


def live(history: FakeHistory, client: Subscription, *seqs: int) -> None:
    for seq in seqs:
        history.kept.append(seq)
        dispatch(client, seq)


async def drain(client: Subscription) -> list[Frame]:
    frames: list[Frame] = []
    while batch := await client.next_batch(0):
        frames += batch
    return frames


async def seqs_of(client: Subscription) -> list[int]:
    return [one.seq for one in await drain(client) if one.seq]


async def test_the_first_frame_tells_where_the_client_listens_from() -> None:
    client = subscription(FakeHistory(), after=7, head=7)
    assert [one.sse for one in await drain(client)] == [b": listening\nid: e:7\nretry: 1000\n\n"]


async def test_a_client_that_keeps_up_is_served_from_memory() -> None:
    history = FakeHistory()
    client = subscription(history)
    live(history, client, 1, 2, 3)
    assert await seqs_of(client) == [1, 2, 3]
    assert history.reads == 0


async def test_quiet_is_answered_with_nothing_after_the_time_out() -> None:
    client = subscription(FakeHistory())
    await drain(client)
    assert await client.next_batch(0.001) == []


async def test_resume_reads_the_journal_and_goes_on_live_without_gap_or_duplicate() -> None:
    history = FakeHistory([3, 5, 8])
    client = subscription(history, after=3, head=8)
    live(history, client, 9)  # arrives before the client has read anything
    await client.next_batch(0)
    assert [one.seq for one in await client.next_batch(0)] == [5, 8, 9]
    live(history, client, 12)
    assert await seqs_of(client) == [12]
    assert client.gaps == 0


async def test_a_frame_dispatched_late_is_not_sent_again() -> None:
    history = FakeHistory([1, 2, 3])
    client = subscription(history, after=0, head=3)
    dispatch(client, 2)
    assert await seqs_of(client) == [1, 2, 3]
    dispatch(client, 3)
    assert await seqs_of(client) == []


async def test_a_full_queue_is_caught_up_from_the_journal() -> None:
    history = FakeHistory()
    client = subscription(history, limits=Limits(queue_frames=3, batch_frames=2))
    live(history, client, *range(1, 11))
    assert await seqs_of(client) == list(range(1, 11))
    assert history.reads > 0
    live(history, client, 11)
    reads = history.reads
    assert await seqs_of(client) == [11]
    assert history.reads == reads, "live again"


async def test_the_queue_is_bounded_by_bytes_too() -> None:
    history = FakeHistory()
    client = subscription(history, limits=Limits(queue_bytes=1_000))
    live(history, client, *range(1, 100))
    assert len(client._queue) <= 4
    assert await seqs_of(client) == list(range(1, 100))


async def test_beyond_the_bound_a_gap_tells_which_ids_to_fetch() -> None:
    history = FakeHistory()
    client = subscription(history, limits=Limits(queue_frames=3, catch_up=5))
    live(history, client, *range(10, 40))
    frames = await drain(client)
    assert [one.seq for one in frames] == [0, 10, 11, 0]
    gap = Gap(**orjson.loads(frames[-1].data))
    assert gap == Gap("e:12", "e:39", 28, '(kind:custom subject:"orders")')
    assert frames[-1].id == "", "a client that reconnects now still gets what it missed"
    live(history, client, 40)
    assert await seqs_of(client) == [40]


async def test_history_asked_for_is_sent_whole_however_long_it_is() -> None:
    history = FakeHistory(list(range(1, 101)))
    client = subscription(history, after=0, head=100, limits=Limits(catch_up=5, batch_frames=10))
    assert await seqs_of(client) == list(range(1, 101))
    assert client.gaps == 0


async def test_events_that_retention_took_while_the_client_lagged_are_a_gap_of_unknown_count() -> None:
    history = FakeHistory()
    client = subscription(history, limits=Limits(queue_frames=2))
    live(history, client, *range(1, 11))
    history.first_seq = 6
    frames = await drain(client)
    assert [one.seq for one in frames] == [0, 1, 0, 6, 7, 8, 9, 10]
    assert Gap(**orjson.loads(frames[2].data)) == Gap("e:2", "e:5", -1, '(kind:custom subject:"orders")')


async def test_retention_of_other_topics_events_is_no_gap() -> None:
    history = FakeHistory()
    client = subscription(history, limits=Limits(queue_frames=2))
    await drain(client)
    history.first_seq = 1_000
    live(history, client, 1_001, 1_002, 1_003, 1_004)
    assert await seqs_of(client) == [1_001, 1_002, 1_003, 1_004]
    assert client.gaps == 0


async def test_a_closed_client_ends_at_once() -> None:
    client = subscription(FakeHistory())
    await drain(client)
    client.close()
    with pytest.raises(SubscriptionClosed):
        await client.next_batch(60)


@given(
    st.lists(st.sampled_from(["push", "skip", "read"]), max_size=80),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(0, 10),
)
async def test_whatever_the_pace_every_frame_comes_once_and_in_order(steps: list[str], queue: int, batch: int, resumed: int) -> None:
    history = FakeHistory(list(range(1, resumed + 1)))
    client = subscription(history, after=0, head=resumed, limits=Limits(queue_frames=queue, batch_frames=batch))
    seq, got = resumed, list[int]()
    for step in steps:
        if step == "read":
            got += [one.seq for one in await client.next_batch(0) if one.seq]
            continue
        seq += 1
        if step == "push":
            live(history, client, seq)
    got += await seqs_of(client)
    assert got == history.kept
