"""`arcwatch datasets`: which are watched, which of them are paused, and by whom."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from arcwatch.commands.console.ages import AGE, age
from arcwatch.commands.console.options import DataDirOption, DatasetArgument, JsonOption, UrlOption, examples, group
from arcwatch.commands.console.output import as_json, moment, note, table

datasets = group("The datasets that are watched: pause and resume what is ingested by itself.")

_PATH = "/api/admin/datasets"
_COLUMNS = ("dataset", "state", "by", "since", "until", "reason")


@datasets.command("ls", epilog=examples("arcwatch datasets ls"))
def list_datasets(*, data_dir: DataDirOption = None, url: UrlOption = None, json: JsonOption = False) -> None:
    """List them, and which are paused."""
    from arcwatch.clients.api import get

    _show(get(data_dir, url, _PATH, {})["data"], json=json)


@datasets.command("pause", epilog=examples("arcwatch datasets pause arcprize/arc_agi_v2_public_eval --for 2d"))
def pause(
    dataset: DatasetArgument,
    *,
    reason: Annotated[str | None, typer.Option("--reason", help="For those who look at it later.")] = None,
    for_: Annotated[
        timedelta | None,
        typer.Option("--for", parser=age, metavar="TIME", help=f"It ends by itself after this: {AGE}."),
    ] = None,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Have no new or changed model of a dataset ingested by itself. What is asked for by hand goes on.

    The token is ADMIN_TOKEN of the environment, else that of the running deployment.
    """
    until = None if for_ is None else (datetime.now(UTC) + for_).isoformat()
    _change("pause", {"dataset": dataset, "reason": reason, "until": until}, data_dir, url, json=json)


@datasets.command("resume", epilog=examples("arcwatch datasets resume arcprize/arc_agi_v2_public_eval"))
def resume(
    dataset: DatasetArgument, *, data_dir: DataDirOption = None, url: UrlOption = None, json: JsonOption = False
) -> None:
    """Let its models be ingested by themselves again. The next sync finds what came meanwhile."""
    _change("resume", {"dataset": dataset}, data_dir, url, json=json)
    note("what came meanwhile: arcwatch sync --auto-ingest, or the next sync")


def _change(what: str, body: dict[str, Any], data_dir: Any, url: str | None, *, json: bool) -> None:
    from arcwatch.clients.api import as_admin

    _show([as_admin(data_dir, url, f"{_PATH}/{what}", method="POST", body=body)["data"]], json=json)


def _show(rows: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        as_json(rows)
        return
    table(_COLUMNS, map(_cells, rows), empty="no dataset is watched")


def _cells(row: dict[str, Any]) -> list[object]:
    found = row["pause"]
    if found is None:
        return [row["dataset"], "watched", "-", "-", "-", "-"]
    until = moment(found["until"]) if found["until"] else "resumed"
    return [row["dataset"], "paused", found["by"], moment(found["since"]), until, found["reason"] or "-"]
