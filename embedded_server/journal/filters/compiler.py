"""From a parsed filter to parameterised SQL."""

from dataclasses import dataclass

from embedded_server.journal.filters.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A boolean SQL expression and its parameters."""

    sql: str = "1"
    params: tuple[str | int | float, ...] = ()

    @property
    def matches_all(self) -> bool:
        """Whether every row matches, so that none needs to be looked at."""
        return self.sql == "1"


def compile_filter(text: str, vocabulary: Vocabulary) -> CompiledFilter:
    """Compile *text*. Raises `FilterError`."""
    parts, params = [], []
    for word in text.split():
        name, colon, value = word.partition(":")
        if colon and name in vocabulary.fields and name != "kind":
            parts.append(f"{vocabulary.fields[name].sql} = ?")
            params.append(value)
        elif colon and name == "kind":
            from embedded_server.journal.schema import KIND_CODES

            codes = [str(code) for kind, code in KIND_CODES.items() if kind == value or kind.partition(".")[0] == value]
            parts.append(f"event.kind in ({','.join(codes)})")
        else:
            parts.append("(" + " or ".join(f"{sql} like ?" for sql in vocabulary.text) + ")")
            params.extend([f"%{word}%"] * len(vocabulary.text))
    return CompiledFilter(" and ".join(parts) or "1", tuple(params))
