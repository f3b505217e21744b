"""The operating system's keyring for the session's token: staying signed in is a comfort, and what it cannot keep is asked for again."""

from embedded_server.contracts.keyring import Backend, Keyring, system_backend

__all__ = ["Backend", "TokenStore", "system_backend"]


class TokenStore(Keyring):
    """Keeps one token per server."""
