"""`arcwatch runs`: what the query API tells of ingestion runs."""

from typing import Annotated

import typer

from arcwatch.commands.console.options import DataDirOption, DatasetOption, JsonOption, LimitOption, UrlOption, group
from arcwatch.commands.console.output import as_json, moment, percent, say, table

runs = group("The ingestion runs.")

_RUN = ("id", "model", "dataset", "status", "trigger", "tasks", "failed", "score", "took", "started")
_FINDING = ("severity", "kind", "found", "what to do")
_ERROR = ("file", "severity", "kind", "what")
_NONE = "no model was ingested yet"
_NO_RUN = "no such run"
_CLEAN = "nothing was wrong with its files"


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
