"""The Streams panel: SSE and WebSocket sources with their frames live, and the box that sends."""

from desktop.views.streams.panel import build

__all__ = ["build"]
