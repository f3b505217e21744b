"""Passwords as RabbitMQ keeps them: base64 of a salt and the digest of salt and password. Definitions carry them between brokers."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final

HASHING: Final = "rabbit_password_hashing_sha256"
SALT_BYTES: Final = 4

_DIGESTS: Final[dict[str, Callable[[bytes], bytes]]] = {
    HASHING: lambda octets: hashlib.sha256(octets).digest(),
    "rabbit_password_hashing_sha512": lambda octets: hashlib.sha512(octets).digest(),
    "rabbit_password_hashing_md5": lambda octets: hashlib.md5(octets, usedforsecurity=False).digest(),
}


class BadPasswordHash(ValueError):
    """A password hash that is not base64 of a salt and a digest, or an algorithm that is unknown."""


def hashed(password: str) -> str:
    """*password* as it is kept, with a fresh salt."""
    salt = secrets.token_bytes(SALT_BYTES)
    return base64.b64encode(salt + _DIGESTS[HASHING](salt + _octets(password))).decode()


def is_password(password: str, password_hash: str, hashing: str) -> bool:
    """Whether *password* is the one behind *password_hash*; an empty one never is."""
    salted = _decoded(password_hash)
    if not password or len(salted) <= SALT_BYTES or hashing not in _DIGESTS:
        return False
    salt, digest = salted[:SALT_BYTES], salted[SALT_BYTES:]
    return hmac.compare_digest(digest, _DIGESTS[hashing](salt + _octets(password)))


def require_hash(password_hash: str, hashing: str) -> None:
    """Raise ``BadPasswordHash`` for what cannot be one."""
    if hashing not in _DIGESTS or len(_decoded(password_hash)) <= SALT_BYTES:
        raise BadPasswordHash(password_hash)


def _octets(password: str) -> bytes:
    return password.encode(errors="surrogateescape")


def _decoded(password_hash: str) -> bytes:
    try:
        return base64.b64decode(password_hash, validate=True)
    except ValueError:
        return b""
