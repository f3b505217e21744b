"""The values of ``kind:``: a kind, a group of kinds, or a pattern of either."""

import difflib
from fnmatch import fnmatchcase
from typing import Final

from embedded_server.journal.filters.problems import MisspeltKindError, UnknownKindError
from embedded_server.journal.filters.syntax import Value
from embedded_server.journal.schema import KIND_CODES

GROUPS: Final = tuple(dict.fromkeys(name.partition(".")[0] for name in KIND_CODES))


def kind_codes(value: Value) -> list[int]:
    """Codes of the kinds that *value* names. Raises `FilterError` where there is none."""
    wanted = value.text.lower()
    pattern = wanted.replace("[", "[[]").replace("?", "[?]")
    codes = [code for name, code in KIND_CODES.items() if fnmatchcase(name, pattern) or name.partition(".")[0] == wanted]
    if codes:
        return codes
    group = wanted.partition(".")[0]
    of_group = [name for name in KIND_CODES if name.startswith(f"{group}.")]
    kinds = ", ".join(of_group or GROUPS)
    close = difflib.get_close_matches(wanted, [*GROUPS, *KIND_CODES], 1)
    at = value.at
    if close:
        return _raise(MisspeltKindError(at.position, at.length, kind=value.text, suggestion=close[0], kinds=kinds))
    return _raise(UnknownKindError(at.position, at.length, kind=value.text, kinds=kinds))


def _raise(problem: MisspeltKindError | UnknownKindError) -> list[int]:
    raise problem
