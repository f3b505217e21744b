"""A stream's state and figures in words, the same in the list and in the head."""

from typing import Final

from desktop.core.formatting import number, rate
from desktop.core.i18n import N_, tr, trn
from embedded_server.contracts.streams import Stream, StreamKind, StreamState

STATE_WORDS: Final = {
    StreamState.IDLE: N_("not opened"),
    StreamState.CONNECTING: N_("connecting"),
    StreamState.OPEN: N_("open"),
    StreamState.WAITING: N_("waiting"),
    StreamState.CLOSED: N_("closed"),
}
_TONES: Final = {
    StreamState.IDLE: "wait",
    StreamState.CONNECTING: "run",
    StreamState.OPEN: "ok",
    StreamState.WAITING: "warn",
    StreamState.CLOSED: "wait",
}
KIND_WORDS: Final = {StreamKind.SSE: "SSE", StreamKind.WEBSOCKET: "WebSocket"}
NS: Final = 1_000_000_000


def state_word(stream: Stream) -> str:
    """Answer the state in a word."""
    return tr(STATE_WORDS[stream.state])


def state_tone(stream: Stream) -> str:
    """Answer the state's colour; red only where it ended for a fault."""
    if stream.state is StreamState.CLOSED and stream.problem is not None and stream.close_code != 1000:
        return "bad"
    return _TONES[stream.state]


def countdown(stream: Stream, now_ns: int) -> str:
    """Say which attempt comes next and when; empty where none does."""
    if stream.state is StreamState.WAITING:
        seconds = max(1, -(-(stream.retry_at - now_ns) // NS))
        return tr("attempt {attempt} in {seconds} s", attempt=stream.attempt + 1, seconds=seconds)
    if stream.state is StreamState.CONNECTING and stream.attempt > 1:
        return tr("attempt {attempt}", attempt=stream.attempt)
    return ""


def summary(stream: Stream, now_ns: int) -> str:
    """The second line of the list: the countdown where one runs, else what came."""
    waiting = countdown(stream, now_ns)
    if waiting:
        return waiting
    if stream.state is StreamState.IDLE:
        return KIND_WORDS[stream.spec.kind]
    return trn("{n} received", "{n} received", stream.received)


def rate_text(stream: Stream) -> str:
    """How fast it comes; empty where it is not open."""
    return rate(stream.rate) if stream.state is StreamState.OPEN else ""


def resume_proof(stream: Stream) -> str:
    """Say from where it would resume, how often it did, and whether anything came twice."""
    parts = []
    if stream.last_event_id:
        parts.append(tr("last id {id}", id=stream.last_event_id))
    if stream.resumed:
        parts.append(trn("resumed once", "resumed {n} times", stream.resumed))
        parts.append(trn("{n} came twice", "{n} came twice", stream.duplicates) if stream.duplicates else tr("nothing came twice"))
    return " · ".join(parts)


def close_text(stream: Stream) -> str:
    """The close code of a WebSocket that ended."""
    return tr("close code {code}", code=str(stream.close_code)) if stream.close_code else ""


def count_text(stream: Stream) -> str:
    """What came and went."""
    parts = [tr("{n} received", n=number(stream.received))]
    if stream.spec.kind is StreamKind.WEBSOCKET:
        parts.append(tr("{n} sent", n=number(stream.sent)))
    return " · ".join(parts)


def open_count(streams: list[Stream]) -> int:
    """How many are open, or about to be."""
    return sum(one.state in {StreamState.OPEN, StreamState.CONNECTING, StreamState.WAITING} for one in streams)
