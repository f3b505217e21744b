"""How well a few typed letters match an act's name, for the palette."""

from typing import Final

NO_MATCH: Final = 0.0


def fuzzy_score(typed: str, text: str) -> float:
    """Rate *text* from above 0 to 1; `NO_MATCH` where the letters of *typed* do not all appear in order.

    A whole word or a beginning of words beats letters in a row, which beat scattered ones; of equals the shorter wins.
    """
    needle = typed.casefold().replace(" ", "")
    if not needle:
        return 1.0
    hay = text.casefold()
    straight = hay.find(typed.casefold().strip())
    if straight >= 0:
        at_word = straight == 0 or not hay[straight - 1].isalnum()
        return (0.9 if at_word else 0.7) + 0.1 * len(needle) / max(len(hay), 1)
    return _scattered(needle, hay)


def _scattered(needle: str, hay: str) -> float:
    points = 0.0
    position = -1
    for letter in needle:
        found = _next(hay, letter, position + 1)
        if found < 0:
            return NO_MATCH
        if found == position + 1 and position >= 0:
            points += 0.8
        elif found == 0 or not hay[found - 1].isalnum():
            points += 1.0
        else:
            points += 0.2
        position = found
    return 0.6 * points / len(needle) + 0.05 * len(needle) / len(hay)


def _next(hay: str, letter: str, start: int) -> int:
    """Find *letter*, at the beginning of a word if one is left."""
    found = hay.find(letter, start)
    ahead = found
    while ahead > 0 and hay[ahead - 1].isalnum():
        ahead = hay.find(letter, ahead + 1)
    return ahead if ahead >= 0 and ahead != found else found
