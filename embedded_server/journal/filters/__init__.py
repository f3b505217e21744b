"""The filter language: one text, understood everywhere, compiled to parameterised SQL. Written down in docs/filter-language.md."""

from embedded_server.journal.filters.compiler import CompiledFilter, compile_filter
from embedded_server.journal.filters.functions import install_functions
from embedded_server.journal.filters.problems import FilterError
from embedded_server.journal.filters.vocabulary import EVENTS, SqlField, Vocabulary

__all__ = ["EVENTS", "CompiledFilter", "FilterError", "SqlField", "Vocabulary", "compile_filter", "install_functions"]
