"""A Kafka's bootstrap addresses: taken apart, checked and written in one way."""

from typing import Final

from embedded_server.connections.fields import check_host
from embedded_server.connections.problems import BootstrapInvalid, BootstrapPortInvalid, HostInvalid

DEFAULT_PORT: Final = 9092
MAX_ADDRESSES: Final = 50


def check_bootstrap(text: str) -> str:
    """Answer ``host:port``, several with commas between, each with its port. Raises `BootstrapInvalid` or `BootstrapPortInvalid`."""
    addresses = dict.fromkeys(written(*one) for one in split_bootstrap(text))
    if not addresses or len(addresses) > MAX_ADDRESSES:
        raise BootstrapInvalid(address=text[:80])
    return ",".join(addresses)


def split_bootstrap(text: str) -> list[tuple[str, int]]:
    """Answer host and port of each address in *text*, with commas, blanks or lines between."""
    return [_apart(part) for part in text.replace(",", " ").split()]


def written(host: str, port: int) -> str:
    """Write one address; an IPv6 address stands in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _apart(address: str) -> tuple[str, int]:
    """Take one address apart. What Java's clients write before it, such as ``SASL_SSL://``, is left out."""
    bare = address.rpartition("://")[2].rstrip("/")
    host, colon, port = bare.rpartition(":")
    if not colon or bare.endswith("]") or (":" in host and not host.endswith("]")):
        host, port = bare, ""
    elif not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) <= 65_535):
        raise BootstrapPortInvalid(address=address[:80])
    try:
        return check_host(host), int(port) if port else DEFAULT_PORT
    except HostInvalid:
        raise BootstrapInvalid(address=address[:80]) from None
