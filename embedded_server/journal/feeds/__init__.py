"""Feeds: standing queries over the journal, told as ticks and windows over one WebSocket each client."""

from embedded_server.journal.feeds.feeds import Feeds
from embedded_server.journal.feeds.session import FeedSession
from embedded_server.journal.feeds.source import EVENT_SOURCE, FeedSource, TableSource

__all__ = ["EVENT_SOURCE", "FeedSession", "FeedSource", "Feeds", "TableSource"]
