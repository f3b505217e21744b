"""Accounts and signed-in tokens: who may use the server, and until when."""

from embedded_server.sessions.problems import NotSignedIn, SessionEnded, TooManyAttempts
from embedded_server.sessions.service import Sessions

__all__ = ["NotSignedIn", "SessionEnded", "Sessions", "TooManyAttempts"]
