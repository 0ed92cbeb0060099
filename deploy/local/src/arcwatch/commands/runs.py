"""`arcwatch runs`: what the query API tells of ingestion runs."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from arcwatch.commands import watch
from arcwatch.commands.console import completion
from arcwatch.commands.console.options import (
    DataDirOption,
    DatasetOption,
    DescendingOption,
    JsonOption,
    LimitOption,
    RunArgument,
    SearchOption,
    UrlOption,
    examples,
    group,
)
from arcwatch.commands.console.output import as_json, facts, moment, note, percent, say, table
from arcwatch.commands.operations.cancel import cancel

runs = group("The ingestion runs.")
runs.command("watch", epilog=examples("arcwatch runs watch 42", "arcwatch runs watch && echo all is well"))(watch.watch)

runs.command("cancel", epilog=examples("arcwatch runs cancel 42"))(cancel)

_HISTORY = "/api/admin/ingestion-history"
_RUN = ("id", "model", "dataset", "status", "trigger", "tasks", "failed", "score", "took", "started")
_SPARE = ("trigger", "failed", "took", "dataset", "tasks", "started")
_FINDING = ("severity", "kind", "found", "what to do")
_ERROR = ("file", "severity", "kind", "what")
_NONE = "no model was ingested yet"
_NO_RUN = "no such run"
_CLEAN = "nothing was wrong with its files"


class Status(StrEnum):
    """As runs end, and before."""

    RUNNING = "running"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Sort(StrEnum):
    """What runs are sorted by."""

    STARTED = "started"
    TOOK = "took"
    ACCURACY = "accuracy"
    FAILED = "failed"


_FIELDS = {Sort.STARTED: "startedAt", Sort.TOOK: "durationMs", Sort.ACCURACY: "accuracyPercent", Sort.FAILED: "failed"}

ModelOption = Annotated[
    str | None, typer.Option("--model", help="Only this model's folder.", autocompletion=completion.models)
]
StatusOption = Annotated[Status | None, typer.Option("--status", help="Only those that are so.")]
SeverityOption = Annotated[Severity | None, typer.Option("--severity", help="Only findings that are so bad.")]
KindOption = Annotated[str | None, typer.Option("--kind", help="Only findings of this kind, such as not_json.")]
SortOption = Annotated[Sort, typer.Option("--sort", help="Latest, longest, best or worst first.")]


@runs.command(
    "ls", epilog=examples("arcwatch runs ls --status failed", "arcwatch runs ls --sort took --limit 5 --json")
)
def list_runs(
    *,
    dataset: DatasetOption = None,
    model: ModelOption = None,
    status: StatusOption = None,
    search: SearchOption = None,
    sort: SortOption = Sort.STARTED,
    descending: DescendingOption = None,
    limit: LimitOption = 20,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """List ingestion runs, the latest first."""
    from arcwatch.clients.api import get

    wanted = {"dataset": dataset, "model": model, "status": status, "search": search or None}
    order = {"sort": _FIELDS[sort], "order": "asc" if descending is False else "desc"}
    answer = get(data_dir, url, _HISTORY, {**wanted, **order, "limit": limit})
    found = answer["runs"]
    if json:
        as_json(found)
        return
    table(_RUN, map(_row, found), empty=_NO_RUN if any(wanted.values()) else _NONE, spare=_SPARE)
    for run in found:
        if run["errorLog"] and run["status"] == "failed":
            say(f"run {run['id']}: {run['errorLog'].splitlines()[0]}", err=True)
    if answer["total"] > len(found):
        note(f"{len(found)} of {answer['total']}; --limit shows more")


@runs.command("show", epilog=examples("arcwatch runs show 42"))
def show_run(
    run: RunArgument, *, data_dir: DataDirOption = None, url: UrlOption = None, json: JsonOption = False
) -> None:
    """Show one run: what asked for it, how it went, and what was found in its files."""
    of = watch.run_of(data_dir, url, run)
    if json:
        as_json(of)
        return
    facts(_facts(of))
    if of["findings"]:
        say("")
        _show_findings(of["findings"])
        note(f"arcwatch runs errors {run} shows each file")


@runs.command("errors", epilog=examples("arcwatch runs errors 42 --severity error --limit 100"))
def list_errors(
    run: RunArgument,
    *,
    severity: SeverityOption = None,
    kind: KindOption = None,
    search: SearchOption = None,
    limit: LimitOption = 20,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Show what was found in a run's files and what to do, then file by file; the worst first."""
    from arcwatch.clients.api import get

    wanted = {"severity": severity, "kind": kind, "search": search or None}
    answer = get(data_dir, url, f"{_HISTORY}/{run}/errors", {**wanted, "limit": limit})
    if json:
        as_json({name: answer[name] for name in ("findings", "errors")})
        return
    errors = answer["errors"]
    _show_findings(answer["findings"])
    if not errors:
        if answer["findings"]:
            note("none of them is like that")
        return
    say("")
    table(_ERROR, [[each[name] for name in ("puzzleId", "severity", "kind", "message")] for each in errors], empty="")
    if answer["total"] > len(errors):
        note(f"{len(errors)} of {answer['total']}; --limit shows more")


def _show_findings(findings: list[dict[str, Any]]) -> None:
    rows = [[each[name] for name in ("severity", "kind", "count", "advice")] for each in findings]
    table(_FINDING, rows, empty=_CLEAN)


def _row(run: dict[str, Any]) -> list[object]:
    return [
        run["id"],
        run["datasetName"],
        run["dataset"],
        run["status"],
        run["trigger"],
        run["totalPuzzles"],
        run["failed"],
        percent(run["score"]),
        _seconds(run["durationMs"]),
        moment(run["startedAt"]),
    ]


def _facts(run: dict[str, Any]) -> list[tuple[str, object]]:
    files = f"{run['successful']} used, {run['failed']} could not be used, {run['skipped']} skipped"
    return [
        ("run", run["id"]),
        ("model", run["datasetName"]),
        ("dataset", run["dataset"]),
        ("task set", run["source"]),
        ("status", f"{run['status']}{' (dry run)' if run['dryRun'] else ''}"),
        ("trigger", run["trigger"]),
        ("score", percent(run["score"], 2)),
        ("files", f"{files}, of {run['totalPuzzles']}"),
        ("started", moment(run["startedAt"])),
        ("took", _seconds(run["durationMs"]) if run["completedAt"] else "not done yet"),
        ("deliveries", run["deliveryCount"]),
        ("revision", run["revision"]),
        ("tree oid", run["treeOid"]),
        ("log", run["errorLog"]),
    ]


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.1f} s"
