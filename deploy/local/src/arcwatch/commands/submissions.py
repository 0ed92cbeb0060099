"""`arcwatch models`: what the query API tells of submissions."""

from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from arcwatch.commands.console.options import (
    DataDirOption,
    DatasetArgument,
    DatasetOption,
    DescendingOption,
    JsonOption,
    LimitOption,
    ModelArgument,
    SearchOption,
    UrlOption,
    examples,
    group,
)
from arcwatch.commands.console.output import as_json, bounds, facts, moment, note, percent, ranks, say, table
from arcwatch.commands.console.sorting import arranged, matches

models = group("The submissions that were ingested.")

_COUNTS = ("solved", "submitted", "tasks", "errors", "warnings")
_MODEL = ("name", "model", "dataset", "score", "95% interval", "rank", "of submitted", *_COUNTS, "ingested")
# What a narrow terminal does without, first to last.
_SPARE = ("warnings", "errors", "tasks", "submitted", "name", "of submitted", "ingested", "95% interval", "dataset")
_VERSION = ("ingested", "status", "score", "solved", "submitted", "tasks", "errors", "revision", "run")
_FINDING = ("severity", "kind", "found", "what to do")
_NONE = "no model was ingested yet"
_NO_MATCH = "no model is like that"


class Status(StrEnum):
    """As the API calls them."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    UNKNOWN = "unknown"
    REMOVED = "removed"


class Sort(StrEnum):
    """What models are sorted by."""

    SCORE = "score"
    NAME = "name"
    MODEL = "model"
    DATASET = "dataset"
    RANK = "rank"
    COST = "cost"
    TOKENS = "tokens"
    ERRORS = "errors"
    WARNINGS = "warnings"
    INGESTED = "ingested"
    LANDED = "landed"
    PUBLISHED = "published"


_FIELDS = {
    Sort.NAME: "displayName",
    Sort.COST: "totalCost",
    Sort.TOKENS: "totalTokens",
    Sort.INGESTED: "ingestedAt",
    Sort.LANDED: "landedAt",
    Sort.PUBLISHED: "publishedAt",
}
_LOWEST_FIRST = frozenset({Sort.NAME, Sort.MODEL, Sort.DATASET, Sort.RANK, Sort.COST, Sort.TOKENS})

StatusOption = Annotated[Status | None, typer.Option("--status", help="Only those that are so.")]
SortOption = Annotated[Sort, typer.Option("--sort", help="Names, ranks, costs and tokens lowest first, else highest.")]


@models.command(
    "ls",
    epilog=examples(
        "arcwatch models ls --sort cost --limit 10",
        "arcwatch models ls --dataset arcprize/arc_agi_v2_public_eval --search gpt --json",
    ),
)
def list_models(
    *,
    dataset: DatasetOption = None,
    status: StatusOption = None,
    search: SearchOption = None,
    sort: SortOption = Sort.SCORE,
    descending: DescendingOption = None,
    limit: LimitOption = 100,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """List the submissions, best score first.

    The score counts all tasks of the set; `of submitted` only those that were submitted. A rank is within the task set:
    3-7 means that comparisons task by task leave the ranks 3 to 7 open.
    """
    from arcwatch.clients.api import get_all

    rows = get_all(data_dir, url, "/api/models", {"dataset": dataset, "status": status})
    found = [row for row in rows if matches(search, row["model"], row["displayName"], row["dataset"])]
    down = sort not in _LOWEST_FIRST if descending is None else descending
    field = _FIELDS.get(sort, sort.value)
    shown = arranged(found, lambda row: row.get(field), descending=down)[:limit]
    if json:
        as_json(shown)
        return
    table(_MODEL, map(_row, shown), empty=_NO_MATCH if dataset or status or search else _NONE, spare=_SPARE)
    if len(found) > len(shown):
        note(f"{len(shown)} of {len(found)}; --limit shows more")


@models.command("show", epilog=examples("arcwatch models show arcprize/arc_agi_v2_public_eval some-model"))
def show_model(
    dataset: DatasetArgument,
    model: ModelArgument,
    *,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Show one submission: its figures, what was found in its files, and its versions."""
    from arcwatch.clients.api import get

    of = get(data_dir, url, f"/api/models/{quote(dataset, safe='')}/{quote(model, safe='')}", {})["data"]
    if json:
        as_json(of)
        return
    facts(_facts(of))
    if of["findings"]:
        say("")
        table(
            _FINDING,
            [[each[name] for name in ("severity", "kind", "count", "advice")] for each in of["findings"]],
            empty="",
        )
    say("")
    table(_VERSION, map(_version, of["versions"]), empty="", spare=("run", "errors", "revision"))


def _row(row: dict[str, Any]) -> list[object]:
    return [
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


def _facts(of: dict[str, Any]) -> list[tuple[str, object]]:
    attempts = ", ".join(
        percent(each["accuracyPercent"] / 100) for each in of["attempts"] if each["accuracyPercent"] is not None
    )
    verified = of["verified"]
    return [
        ("name", of["displayName"]),
        ("model", of["model"]),
        ("dataset", of["dataset"]),
        ("task set", of["source"]),
        ("status", of["status"]),
        ("score", f"{percent(of['score'], 2)} of {of['tasksTotal']} tasks, 95% interval {bounds(of['scoreInterval'])}"),
        ("rank", ranks(of)),
        ("of submitted", f"{percent(of['scoreSubmitted'], 2)} of {of['tasksSubmitted']} tasks"),
        (
            "solved",
            f"{_known(of['tasksSolved'])} tasks whole, {_known(of['pairsSolved'])} of {_known(of['pairsTotal'])} pairs",
        ),
        ("by attempt", attempts),
        ("cost", None if of["totalCost"] is None else f"${of['totalCost']:,.2f}"),
        ("tokens", None if of["totalTokens"] is None else f"{of['totalTokens']:,}"),
        ("errors", f"{of['errors']} files could not be used, {_known(of['warnings'])} warnings"),
        (
            "verified",
            verified and f"{verified['verdict']} against {verified['comparedWith']}, {moment(verified['at'])}",
        ),
        ("published", moment(of["publishedAt"])),
        ("ingested", moment(of["ingestedAt"])),
        ("revision", of["revision"]),
        ("tree oid", of["treeOid"]),
    ]


def _version(of: dict[str, Any]) -> list[object]:
    counts = [of[name] for name in ("tasksSolved", "tasksSubmitted", "tasksTotal", "errors")]
    return [moment(of["ingestedAt"]), of["status"], percent(of["score"]), *counts, of["revision"][:12], of["runId"]]


def _known(value: object) -> object:
    return "?" if value is None else value
