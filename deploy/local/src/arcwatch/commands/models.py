"""`arcwatch models ls`: every submission with its score."""

from arcwatch.commands.options import DataDirOption, DatasetOption, JsonOption, LimitOption, UrlOption, group
from arcwatch.commands.output import as_json, moment, percent, say, table

app = group("The submissions that were ingested.")

_COLUMNS = ("model", "dataset", "score", "of submitted", "solved", "submitted", "tasks", "errors", "ingested")


@app.command()
def ls(
    *,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    dataset: DatasetOption = None,
    limit: LimitOption = 100,
    json: JsonOption = False,
) -> None:
    """List the submissions, best score first.

    The score counts all tasks of the set; `of submitted` only those that were submitted.
    """
    from arcwatch.clients.api import get

    answer = get(data_dir, url, "/api/models", {"dataset": dataset, "limit": limit})
    if json:
        as_json(answer["data"])
        return
    rows = (
        [
            row["model"],
            row["dataset"],
            percent(row["score"]),
            percent(row["scoreSubmitted"]),
            row["tasksSolved"],
            row["tasksSubmitted"],
            row["tasksTotal"],
            row["errors"],
            moment(row["ingestedAt"]),
        ]
        for row in answer["data"]
    )
    table(_COLUMNS, rows, empty="no model was ingested yet")
    if answer["total"] > len(answer["data"]):
        say(f"{len(answer['data'])} of {answer['total']}; --limit shows more", err=True)
