"""What the status strip shows of the feed in front of the user."""

from dataclasses import dataclass
from enum import StrEnum


class FeedState(StrEnum):
    """How current the rows on screen are."""

    LIVE = "live"
    PAUSED = "paused"
    LOADING = "loading"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """One feed's figures."""

    live: FeedState = FeedState.LOADING
    rate: float = 0.0
    """Events a second."""
    total: int = 0
    """Rows that match and are kept."""
    dropped: int = 0
    scanned: int = 0
    of: int = 0
