"""What a feed is to the rest of the window: where to connect, how the link fares, and what a model asks of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from embedded_server.contracts.feeds import Source


class Endpoint(Protocol):
    """Where the server is and who asks. Read anew at every attempt to connect, so both may change meanwhile."""

    @property
    def url(self) -> str:
        """Address of the server, such as ``http://127.0.0.1:41873``; empty while there is none."""

    @property
    def token(self) -> str:
        """The session's token; empty while nobody is signed in."""


class LinkState(StrEnum):
    """How the one WebSocket to the server fares."""

    IDLE = "idle"
    """Nobody is signed in, or no server is known: nothing to connect to."""
    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting"
    """Lost; tries again by itself."""
    REFUSED = "refused"
    """The server does not know the token: sign in again."""


@dataclass(frozen=True, slots=True)
class Link:
    """The link's state with its reason, for people."""

    state: LinkState = LinkState.IDLE
    reason: str = ""
    retry_s: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether ticks and windows come in now."""
        return self.state is LinkState.OPEN


class FeedState(StrEnum):
    """How current the rows on screen are."""

    LIVE = "live"
    PAUSED = "paused"
    LOADING = "loading"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """All the status strip shows of the visible panel's feed."""

    live: bool = False
    """Following the news: connected, and not paused."""
    rate: float = 0.0
    """Matching events a second."""
    total: int = 0
    """Rows that match and are kept."""
    dropped: int = 0
    scanned: int = 0
    of: int = 0
    paused: bool = False
    trimmed: int = 0
    """Events that retention has removed since the journal began."""
    offline: bool = False
    source: Source = Source.EVENTS
    """What is counted."""
    known: bool = False
    """The server has told the figures; until then they are no noughts but unknown."""

    @property
    def state(self) -> FeedState:
        """How current the rows on screen are, in one word."""
        if self.offline:
            return FeedState.OFFLINE
        if self.paused:
            return FeedState.PAUSED
        return FeedState.LIVE if self.live else FeedState.LOADING


class WindowAsker(Protocol):
    """The part of a feed that a model needs: asking for rows it does not have."""

    def request_window(self, first: int, count: int) -> int:
        """Ask for rows ``first .. first + count`` (ordinals) and answer the request's number; 0 where nobody can be asked now."""
