"""From tokens to a tree: NOT binds closest, then AND (which may be left out), then OR."""

from typing import Final

from embedded_server.journal.filters.lexer import Mark, Token, tokens
from embedded_server.journal.filters.problems import (
    DanglingOperatorError,
    EmptyGroupError,
    TooComplexError,
    TooLongError,
    UnclosedGroupError,
    UnopenedGroupError,
)
from embedded_server.journal.filters.syntax import All, Node, Not, Some

MAX_CHARS: Final = 4_000
MAX_CONDITIONS: Final = 100
MAX_DEPTH: Final = 40


def parse(text: str) -> Node:
    """Read *text*. Raises `FilterError`; an empty filter is `All` of nothing."""
    if len(text) > MAX_CHARS:
        raise TooLongError(MAX_CHARS, len(text) - MAX_CHARS, limit=MAX_CHARS)
    return _Parser(list(tokens(text))).whole()


class _Parser:
    def __init__(self, pieces: list[Token]) -> None:
        self._pieces = pieces
        self._at = 0
        self._depth = 0
        if sum(piece.mark is Mark.CONDITION for piece in pieces) > MAX_CONDITIONS:
            raise TooComplexError(0, _end(pieces), limit=MAX_CONDITIONS)

    def whole(self) -> Node:
        if not self._pieces:
            return All()
        node = self._some()
        left = self._peek()
        if left is not None:  # only a closing parenthesis ends a group early
            raise UnopenedGroupError(left.at.position, left.at.length)
        return node

    def _some(self) -> Node:
        terms = [self._all()]
        while (joint := self._take(Mark.OR)) is not None:
            terms.append(self._all(after=joint))
        return terms[0] if len(terms) == 1 else Some(tuple(terms))

    def _all(self, after: Token | None = None) -> Node:
        terms = [self._term(after)]
        while (piece := self._peek()) is not None and piece.mark not in {Mark.OR, Mark.CLOSE}:
            joint = self._take(Mark.AND)
            terms.append(self._term(joint))
        return terms[0] if len(terms) == 1 else All(tuple(terms))

    def _term(self, after: Token | None) -> Node:
        piece = self._peek()
        if piece is None or piece.mark is Mark.CLOSE:
            if after is not None:
                raise _dangling(after)
            if piece is not None:
                raise UnopenedGroupError(piece.at.position, piece.at.length)
        if piece is None or piece.mark in {Mark.AND, Mark.OR}:
            raise _dangling(piece or self._pieces[-1])
        self._at += 1
        if piece.condition is not None:
            return piece.condition
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooComplexError(piece.at.position, piece.at.length, limit=MAX_CONDITIONS)
        node = Not(self._term(piece)) if piece.mark is Mark.NOT else self._group(piece)
        self._depth -= 1
        return node

    def _group(self, opening: Token) -> Node:
        following = self._peek()
        if following is not None and following.mark is Mark.CLOSE:
            raise EmptyGroupError(opening.at.position, following.at.position + 1 - opening.at.position)
        if following is None:
            raise UnclosedGroupError(opening.at.position, opening.at.length)
        node = self._some()
        if self._take(Mark.CLOSE) is None:
            raise UnclosedGroupError(opening.at.position, opening.at.length)
        return node

    def _peek(self) -> Token | None:
        return self._pieces[self._at] if self._at < len(self._pieces) else None

    def _take(self, mark: Mark) -> Token | None:
        piece = self._peek()
        if piece is None or piece.mark is not mark:
            return None
        self._at += 1
        return piece


def _dangling(piece: Token) -> DanglingOperatorError:
    return DanglingOperatorError(piece.at.position, piece.at.length, operator=piece.text)


def _end(pieces: list[Token]) -> int:
    last = pieces[-1].at
    return last.position + last.length
