"""Which names and passwords an account may have."""

import unicodedata
from typing import Final

from embedded_server.contracts.sessions import Credentials
from embedded_server.sessions.problems import BadName, PasswordIsName, PasswordTooLong, PasswordTooShort

MIN_PASSWORD_CHARS: Final = 8
MAX_PASSWORD_CHARS: Final = 256
MAX_NAME_CHARS: Final = 64


def tidy_name(name: str) -> str:
    """Answer *name* as it is kept: composed (NFC), without blanks around it."""
    return unicodedata.normalize("NFC", name).strip()


def name_key(name: str) -> str:
    """Answer what two names share that count as the same: width, case and composition make no difference."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def check_new(credentials: Credentials) -> None:
    """Raise the reason why these credentials cannot make an account, if there is one."""
    name = tidy_name(credentials.name)
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
        raise BadName(maximum=MAX_NAME_CHARS)
    if len(credentials.password) < MIN_PASSWORD_CHARS:
        raise PasswordTooShort(minimum=MIN_PASSWORD_CHARS)
    if len(credentials.password) > MAX_PASSWORD_CHARS:
        raise PasswordTooLong(maximum=MAX_PASSWORD_CHARS)
    if name_key(credentials.password) == name_key(name):
        raise PasswordIsName
