"""`arcwatch models`: what the query API tells of submissions."""

from arcwatch.commands.console.options import DataDirOption, DatasetOption, JsonOption, LimitOption, UrlOption, group
from arcwatch.commands.console.output import as_json, bounds, moment, percent, ranks, say, table

models = group("The submissions that were ingested.")

_COUNTS = ("solved", "submitted", "tasks", "errors", "warnings")
_MODEL = ("name", "model", "dataset", "score", "95% interval", "rank", "of submitted", *_COUNTS, "ingested")
_NONE = "no model was ingested yet"


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
