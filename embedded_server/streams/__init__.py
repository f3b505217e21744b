"""Streams: the server's own hub over the journal, and clients of any SSE or WebSocket source. Usable without FastAPI."""

from embedded_server.streams.conversation import Conversation
from embedded_server.streams.fan_out import write_events
from embedded_server.streams.hub import Hub
from embedded_server.streams.manager import StreamManager
from embedded_server.streams.spec import HubAccess
from embedded_server.streams.subscription import Limits, Subscription, SubscriptionClosed

__all__ = ["Conversation", "Hub", "HubAccess", "Limits", "StreamManager", "Subscription", "SubscriptionClosed", "write_events"]
