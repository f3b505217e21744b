"""The append-only journal, its filter language and its feeds."""

from embedded_server.journal.event import Commit, StoredEvent, make_event
from embedded_server.journal.export import ExportFormat, export, export_rows, export_with, iso_time
from embedded_server.journal.feeds import EVENT_SOURCE, Feeds, FeedSession, FeedSource, TableSource
from embedded_server.journal.filters import EVENTS, CompiledFilter, FilterError, SqlField, Vocabulary, compile_filter
from embedded_server.journal.journal import Journal
from embedded_server.journal.preview import preview_of
from embedded_server.journal.problems import JournalClosed, JournalDamaged, JournalTooNew, JournalUnwritable
from embedded_server.journal.projection import Projection
from embedded_server.journal.queries import Page
from embedded_server.journal.retention import Retention
from embedded_server.journal.sieve import Sieve

__all__ = [
    "EVENTS",
    "EVENT_SOURCE",
    "Commit",
    "CompiledFilter",
    "ExportFormat",
    "FeedSession",
    "FeedSource",
    "Feeds",
    "FilterError",
    "Journal",
    "JournalClosed",
    "JournalDamaged",
    "JournalTooNew",
    "JournalUnwritable",
    "Page",
    "Projection",
    "Retention",
    "Sieve",
    "SqlField",
    "StoredEvent",
    "TableSource",
    "Vocabulary",
    "compile_filter",
    "export",
    "export_rows",
    "export_with",
    "iso_time",
    "make_event",
    "preview_of",
]
