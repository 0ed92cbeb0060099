"""`arcwatch models ls`, `runs ls` and `runs errors`: what the query API tells of submissions and their ingestion."""

from typing import Annotated

import typer

from arcwatch.commands.options import DataDirOption, DatasetOption, JsonOption, LimitOption, UrlOption, group
from arcwatch.commands.output import as_json, bounds, moment, percent, ranks, say, table

models = group("The submissions that were ingested.")
runs = group("The ingestion runs.")

_COUNTS = ("solved", "submitted", "tasks", "errors", "warnings")
_MODEL = ("name", "model", "dataset", "score", "95% interval", "rank", "of submitted", *_COUNTS, "ingested")
_RUN = ("id", "model", "dataset", "status", "trigger", "tasks", "failed", "score", "took", "started")
_FINDING = ("severity", "kind", "found", "what to do")
_ERROR = ("file", "severity", "kind", "what")
_NONE = "no model was ingested yet"
_NO_RUN = "no such run"
_CLEAN = "nothing was wrong with its files"


@models.command("ls")
def list_models(
    *,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    dataset: DatasetOption = None,
    limit: LimitOption = 100,
    json: JsonOption = False,
) -> None:
    """List the submissions, best score first.

    The score counts all tasks of the set; `of submitted` only those that were submitted. A rank is within the task set:
    3-7 means that comparisons task by task leave the ranks 3 to 7 open.
    """
    from arcwatch.clients.api import get

    answer = get(data_dir, url, "/api/models", {"dataset": dataset, "limit": limit})
    if json:
        as_json(answer["data"])
        return
    rows = (
        [
            row["displayName"],
            row["model"],
            row["dataset"],
            percent(row["score"]),
            bounds(row["scoreInterval"]),
            ranks(row),
            percent(row["scoreSubmitted"]),
            row["tasksSolved"],
            row["tasksSubmitted"],
            row["tasksTotal"],
            row["errors"],
            row.get("warnings"),  # an API of before does not count them
            moment(row["ingestedAt"]),
        ]
        for row in answer["data"]
    )
    table(_MODEL, rows, empty=_NONE)
    if answer["total"] > len(answer["data"]):
        say(f"{len(answer['data'])} of {answer['total']}; --limit shows more", err=True)


@runs.command("ls")
def list_runs(
    *,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    dataset: DatasetOption = None,
    model: Annotated[str | None, typer.Option(help="Only this model's folder.")] = None,
    status: Annotated[str | None, typer.Option(help="running, completed, partial, failed or skipped")] = None,
    limit: LimitOption = 20,
    json: JsonOption = False,
) -> None:
    """List ingestion runs, the latest first."""
    from arcwatch.clients.api import get

    query = {"dataset": dataset, "model": model, "status": status, "limit": limit}
    answer = get(data_dir, url, "/api/admin/ingestion-history", query)
    if json:
        as_json(answer["runs"])
        return
    rows = (
        [
            run["id"],
            run["datasetName"],
            run["dataset"],
            run["status"],
            run["trigger"],
            run["totalPuzzles"],
            run["failed"],
            percent(run["score"]),
            f"{run['durationMs'] / 1000:.1f} s",
            moment(run["startedAt"]),
        ]
        for run in answer["runs"]
    )
    table(_RUN, rows, empty=_NO_RUN if dataset or model or status else _NONE)
    for run in answer["runs"]:
        if run["errorLog"] and run["status"] == "failed":
            say(f"run {run['id']}: {run['errorLog'].splitlines()[0]}", err=True)


@runs.command("errors")
def list_errors(
    run: Annotated[int, typer.Argument(help="The run's id, as `arcwatch runs ls` shows it.")],
    *,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    limit: LimitOption = 20,
    json: JsonOption = False,
) -> None:
    """Show what was found in a run's files and what to do, then file by file; the worst first."""
    from arcwatch.clients.api import get

    answer = get(data_dir, url, f"/api/admin/ingestion-history/{run}/errors", {"limit": limit})
    if json:
        as_json({name: answer[name] for name in ("findings", "errors")})
        return
    found, errors = answer["findings"], answer["errors"]
    table(_FINDING, [[each[name] for name in ("severity", "kind", "count", "advice")] for each in found], empty=_CLEAN)
    if not errors:
        return
    say("")
    table(_ERROR, [[each[name] for name in ("puzzleId", "severity", "kind", "message")] for each in errors], empty="")
    if answer["total"] > len(errors):
        say(f"{len(errors)} of {answer['total']}; --limit shows more", err=True)
