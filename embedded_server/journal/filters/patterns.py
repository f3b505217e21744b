"""Regular expressions in filters: checked before they run, and made fast by the literal text they require."""

import importlib
import re
import warnings
from dataclasses import dataclass
from typing import Any, Final

from embedded_server.journal.filters.problems import BadPatternError, EndlessPatternError
from embedded_server.journal.filters.syntax import Pattern

# Python's own parser of regular expressions, undocumented but steady from 3.11 to 3.14: writing a second one would be worse.
_parser: Final[Any] = importlib.import_module("re._parser")
_constants: Final[Any] = importlib.import_module("re._constants")

MANY: Final = 16
"""A repetition of more than this counts as unbounded."""
_FLAGS: Final = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
_FOLDS_BEYOND_ASCII: Final = frozenset("kKsS")
"""Letters that some letter outside ASCII equals when case is ignored; SQLite does not know them."""
_REPEATS: Final = frozenset({_constants.MAX_REPEAT, _constants.MIN_REPEAT})


@dataclass(frozen=True, slots=True)
class CheckedPattern:
    """A regular expression that Python takes and that ends."""

    text: str
    """With its flags in front, as `re.compile` takes it."""
    literal: str
    """Text that every match contains, or nothing where none is known."""
    ignores_case: bool


def checked(pattern: Pattern) -> CheckedPattern:
    """Check *pattern*. Raises `BadPatternError` where it is wrong and `EndlessPatternError` where it may never end."""
    flags = 0
    for letter in pattern.flags:
        flags |= _FLAGS[letter]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what a later Python will read otherwise is better written clearly now
            tree = _parser.parse(pattern.text, flags)
            re.compile(pattern.text, flags)
    except re.error as exc:
        raise _bad(pattern, exc.msg, exc.pos) from None
    except Warning as exc:
        reason, _, position = str(exc).partition(" at position ")
        raise _bad(pattern, reason, int(position) if position.isdigit() else None) from None
    except (RecursionError, OverflowError, ValueError) as exc:
        raise _bad(pattern, str(exc), None) from None
    if _is_endless(tree, repeated=False):
        raise EndlessPatternError(pattern.at.position, pattern.at.length)
    ignores_case = bool(tree.state.flags & re.IGNORECASE)
    written = f"(?{''.join(sorted(set(pattern.flags)))}){pattern.text}" if pattern.flags else pattern.text
    return CheckedPattern(written, _required(tree, ignores_case=ignores_case), ignores_case)


def _bad(pattern: Pattern, reason: str, at: int | None) -> BadPatternError:
    if at is not None and at < len(pattern.offsets):
        return BadPatternError(pattern.offsets[at], 1, reason=reason)
    return BadPatternError(pattern.at.position, pattern.at.length, reason=reason)


def _is_endless(tree: Any, *, repeated: bool) -> bool:
    """Whether *tree* repeats what is itself repeated, or alternatives that begin alike: such take exponential time to fail."""
    for operation, argument in tree:
        if operation in _REPEATS:
            low, high, inner = argument
            if repeated and low != high:
                return True
            if _is_endless(inner, repeated=repeated or high > MANY):
                return True
        elif operation is _constants.BRANCH:
            branches = argument[1]
            if repeated and not _begin_apart(branches):
                return True
            if any(_is_endless(branch, repeated=repeated) for branch in branches):
                return True
        elif any(_is_endless(inner, repeated=repeated) for inner in _inner(operation, argument)):
            return True
    return False


def _begin_apart(branches: list[Any]) -> bool:
    """Whether the first character alone tells which of the alternatives it is."""
    firsts = [branch[0][1] if len(branch) and branch[0][0] is _constants.LITERAL else None for branch in branches]
    return None not in firsts and len(set(firsts)) == len(firsts)


def _inner(operation: Any, argument: Any) -> list[Any]:
    """What stands inside an operation that is neither repetition nor alternative."""
    if operation is _constants.SUBPATTERN:
        return [argument[3]]
    if operation in {_constants.ASSERT, _constants.ASSERT_NOT}:
        return [argument[1]]
    if operation is _constants.GROUPREF_EXISTS:
        return [part for part in argument[1:] if part is not None]
    if operation is getattr(_constants, "ATOMIC_GROUP", None):
        return [argument]
    if operation is getattr(_constants, "POSSESSIVE_REPEAT", None):
        return [argument[2]]
    return []


def _required(tree: Any, *, ignores_case: bool) -> str:
    """The longest run of characters at the top level, where nothing is optional."""
    runs = [""]
    for operation, argument in tree:
        if operation is _constants.LITERAL and _is_plain(chr(argument), ignores_case=ignores_case):
            runs[-1] += chr(argument)
        else:
            runs.append("")
    return max(runs, key=len)


def _is_plain(char: str, *, ignores_case: bool) -> bool:
    if char == "\0":
        return False
    return not ignores_case or (char.isascii() and char not in _FOLDS_BEYOND_ASCII)
