"""The columns of each exported table, in order. docs/export.md lists them, and a test compares both."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from query_api.routes.export.export_shapes import ColumnType, ExportedColumn, Table


def _columns(*rows: tuple[str, ColumnType, str]) -> tuple[ExportedColumn, ...]:
    return tuple(ExportedColumn(name=name, type=kind, about=about) for name, kind, about in rows)


_WHICH: Final = _columns(
    ("dataset", "text", "owner/name on the Hub"),
    ("model", "text", "the folder's name"),
    ("source", "text", "the task set, such as ARC2-Eval"),
)

SUBMISSIONS: Final = _WHICH + _columns(
    ("status", "text", "completed, partial, or removed where the folder is gone upstream"),
    ("display_name", "text", "the name that people know"),
    ("provider", "text", "who made the model"),
    ("family", "text", "the line of models"),
    ("effort", "text", "level or budget"),
    ("release_date", "date", "when the model became available"),
    ("kind", "text", "model, system, human_panel or baseline"),
    ("score", "number", "fraction of 1, over all tasks of the set"),
    ("score_low", "number", "fraction of 1: the lower end of its 95% interval"),
    ("score_high", "number", "fraction of 1: the upper end"),
    ("score_submitted", "number", "fraction of 1, over the tasks that have a file"),
    ("score_submitted_low", "number", "fraction of 1: the lower end of its 95% interval"),
    ("score_submitted_high", "number", "fraction of 1: the upper end"),
    ("tasks_total", "integer", "tasks of the set"),
    ("tasks_submitted", "integer", "tasks with a usable file: as many rows as in tasks"),
    ("tasks_solved", "integer", "tasks solved whole"),
    ("pairs_total", "integer", "test pairs of the set"),
    ("pairs_solved", "integer", "test pairs solved by any attempt"),
    ("attempts", "json", "a list of modelName and accuracyPercent (0 to 100, over all pairs of the set)"),
    ("total_cost", "number", "USD, as submitted"),
    ("total_tokens", "integer", "tokens, as submitted"),
    ("total_time_ms", "integer", "milliseconds, as submitted"),
    ("published_at", "instant", "when its answers were committed upstream"),
    ("ingested_at", "instant", "when this version was ingested"),
    ("landed_at", "instant", "when its answers were ingested first"),
    ("revision", "text", "commit of the dataset"),
    ("tree_oid", "text", "git's hash of the folder"),
    ("rules_version", "integer", "version of the rules that scored it"),
    ("task_set_version", "text", "edition of the task set that scored it"),
    ("run_id", "integer", "its ingestion"),
    ("errors", "integer", "files that could not be used"),
    ("warnings", "integer", "other findings that may cost answers or figures"),
    ("verdict", "text", "of the last verification: verified, explained, differs or impossible"),
    ("verified_at", "instant", "when that was"),
)

TASKS: Final = _WHICH + _columns(
    ("puzzle_id", "text", "the task"),
    ("pairs_total", "integer", "test pairs of the task"),
    ("pairs_solved", "integer", "those that any attempt solved"),
    ("solved", "boolean", "whether all are"),
    ("path", "text", "the file, below the model's folder"),
    ("blob_oid", "text", "git's hash of the file"),
    ("revision", "text", "commit of the dataset"),
    ("rules_version", "integer", "version of the rules that scored it"),
    ("task_set_version", "text", "edition of the task set that scored it"),
)

ATTEMPTS: Final = _WHICH + _columns(
    ("model_name", "text", "the attempt: the folder's name and -attempt with its number"),
    ("attempt", "integer", "its number"),
    ("puzzle_id", "text", "the task"),
    ("pairs", "booleans", "for each test pair whether the answer is right"),
    ("pairs_total", "integer", "test pairs of the task"),
    ("pairs_correct", "integer", "those answered right"),
    ("correct", "boolean", "whether all are"),
    ("answers", "json", "for each test pair the grid, or what came instead"),
    ("cost", "number", "USD, as submitted"),
    ("input_tokens", "integer", "tokens, as submitted"),
    ("output_tokens", "integer", "tokens, as submitted"),
    ("reasoning_tokens", "integer", "tokens, as submitted"),
    ("total_tokens", "integer", "tokens, as submitted"),
    ("time_ms", "integer", "milliseconds, as submitted"),
    ("ingested_at", "instant", "when it was ingested"),
    ("revision", "text", "commit of the dataset at which its file was read"),
    ("blob_oid", "text", "git's hash of its file"),
    ("run_id", "integer", "the ingestion that wrote it"),
)

TEXT: Final = _columns(
    ("message", "text", "what the model wrote"),
    ("reasoning", "text", "its reasoning, where that was given"),
    ("provider_raw_response", "json", "the attempts of the file, as uploaded"),
)

TABLES: Final[Mapping[Table, tuple[ExportedColumn, ...]]] = MappingProxyType(
    {"submissions": SUBMISSIONS, "tasks": TASKS, "attempts": ATTEMPTS}
)


def columns_of(table: Table, *, with_text: bool) -> tuple[ExportedColumn, ...]:
    """Return a table's columns; what models wrote only where it is wanted."""
    return TABLES[table] + (TEXT if with_text and table == "attempts" else ())
