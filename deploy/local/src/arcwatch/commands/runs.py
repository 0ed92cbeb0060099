"""`arcwatch runs ls`: what was ingested when, and what came of it."""

from typing import Annotated

import typer

from arcwatch.commands.options import DataDirOption, DatasetOption, JsonOption, LimitOption, UrlOption, group
from arcwatch.commands.output import as_json, moment, percent, say, table

app = group("The ingestion runs.")

_COLUMNS = ("id", "model", "dataset", "status", "trigger", "tasks", "failed", "score", "took", "started")


@app.command()
def ls(
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
    rows = [
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
    ]
    table(_COLUMNS, rows, empty="no model was ingested yet")
    for run in answer["runs"]:
        if run["errorLog"] and run["status"] == "failed":
            say(f"run {run['id']}: {run['errorLog'].splitlines()[0]}", err=True)
