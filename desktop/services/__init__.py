"""Clients of the server and of the operating system: no widgets. `Services` is what every panel is built from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a panel's import of `Services` must not pull in httpx and websockets
    from desktop.services.api import ApiClient
    from desktop.services.feeds import FeedClient
    from desktop.services.notices import Notices
    from desktop.services.server_host import ServerHost
    from desktop.services.session import SessionService
    from desktop.services.settings import Settings

__all__ = ["Services"]


@dataclass(frozen=True)
class Services:
    """All a panel may use. ``desktop.app`` builds it once."""

    api: "ApiClient"
    feeds: "FeedClient"
    session: "SessionService"
    host: "ServerHost"
    settings: "Settings"
    notices: "Notices"
