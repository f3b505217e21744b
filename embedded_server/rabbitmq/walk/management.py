"""The walk's last step: whether the management API answers to this user, and which virtual hosts it shows."""

import asyncio
from typing import Any

from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile
from embedded_server.rabbitmq.management.client import Management, management_url
from embedded_server.rabbitmq.management.problems import ManagementTimedOut


async def look(profile: Profile, limit_s: float) -> str:
    """Answer product, version and the user's tags. Raises a `UserFacingError` that says what is missing."""
    api = Management(profile)
    try:
        async with asyncio.timeout(limit_s):
            user: Any = await api.get_now("whoami")
            overview: Any = await api.get_now("overview")
    except TimeoutError as exc:
        address = management_url(profile.spec.rabbitmq).partition("://")[2] if profile.spec.rabbitmq else ""
        raise ManagementTimedOut(address=address, seconds=limit_s) from exc
    finally:
        await api.close()
    product = f"{overview.get('product_name', 'RabbitMQ')} {overview.get('product_version') or overview.get('rabbitmq_version', '')}"
    tags = user.get("tags") or []
    return " · ".join(part for part in (product.strip(), api.user, " ".join(tags.split(",") if isinstance(tags, str) else tags)) if part)


async def vhosts(profile: Profile, limit_s: float = 2.0) -> list[str]:
    """Answer the virtual hosts this user sees; none where they cannot be had."""
    try:
        api = Management(profile)
    except UserFacingError:
        return []
    try:
        async with asyncio.timeout(limit_s):
            found: Any = await api.get_now("vhosts")
            return sorted(str(one["name"]) for one in found)[:20]
    except (UserFacingError, TimeoutError, TypeError, KeyError):
        return []
    finally:
        await api.close()
