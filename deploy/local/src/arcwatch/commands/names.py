"""`arcwatch names`: what is known of the models behind folders, where from, and what an admin says of them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from arcwatch.commands.console import completion
from arcwatch.commands.console.confirm import confirm
from arcwatch.commands.console.options import (
    DataDirOption,
    DescendingOption,
    JsonOption,
    SearchOption,
    UrlOption,
    YesOption,
    examples,
    group,
)
from arcwatch.commands.console.output import as_json, note, say, table
from arcwatch.commands.console.sorting import arranged, matches

names = group("What is known of models: names, providers, dates, kinds.")

_PATH = "/api/admin/model-names"
_COLUMNS = ("folder", "name", "provider", "family", "effort", "released", "kind", "name from")
_SEARCHED = ("folder", "displayName", "provider", "family")
_NONE = "no model was ingested yet"
_FIELDS = ("displayName", "provider", "family", "effort", "releaseDate", "kind")
_SPARE = ("name from", "effort", "family", "kind", "released", "provider")
FolderArgument = Annotated[
    str, typer.Argument(metavar="FOLDER", help="The model's folder, in any dataset.", autocompletion=completion.models)
]


class Sort(StrEnum):
    """What folders are sorted by."""

    FOLDER = "folder"
    NAME = "name"
    PROVIDER = "provider"
    FAMILY = "family"
    RELEASED = "released"
    KIND = "kind"


class Kind(StrEnum):
    """What a submission may be of."""

    MODEL = "model"
    SYSTEM = "system"
    HUMAN_PANEL = "human_panel"
    BASELINE = "baseline"


_SORT_FIELDS = {Sort.NAME: "displayName", Sort.RELEASED: "releaseDate"}


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"{text!r} is not a date, such as 2026-11-28") from None


@names.command("ls", epilog=examples("arcwatch names ls --search claude --sort released --desc"))
def list_names(
    *,
    search: SearchOption = None,
    sort: Annotated[
        Sort | None, typer.Option("--sort", help="The lowest first.", show_default="least known first")
    ] = None,
    descending: DescendingOption = None,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """List every folder with what is known of its model, those of which least is known first.

    --json says of each field where it comes from.
    """
    from arcwatch.clients.api import get

    rows = [row for row in get(data_dir, url, _PATH, {})["data"] if matches(search, *(row[each] for each in _SEARCHED))]
    if sort:
        field = _SORT_FIELDS.get(sort, sort.value)
        rows = arranged(rows, lambda row: row[field], descending=bool(descending))
    _show(rows, json=json, empty="no folder is like that" if search else _NONE)


@names.command("set", epilog=examples("arcwatch names set some-model --name 'Some Model' --released 2026-11-02"))
def set_name(
    folder: FolderArgument,
    *,
    name: Annotated[str | None, typer.Option(help="The name that people know.")] = None,
    provider: Annotated[str | None, typer.Option(help="Who made it.")] = None,
    family: Annotated[str | None, typer.Option(help="The line of models, such as Claude.")] = None,
    effort: Annotated[str | None, typer.Option(help="A level or a budget: xhigh, 32k.")] = None,
    released: Annotated[
        str | None, typer.Option(parser=_day, help="When it became available.", metavar="YYYY-MM-DD")
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="What it is.")] = None,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a folder's model is, before all other sources; it replaces what was set before.

    The token is ADMIN_TOKEN of the environment, else that of the running deployment.
    """
    from common.process.choices import no_such

    from arcwatch.clients.api import as_admin, get

    values = (name, provider, family, effort, released, kind)
    body = {field: value for field, value in zip(_FIELDS, values, strict=True) if value is not None}
    if not body:
        raise typer.BadParameter("say at least one of --name, --provider, --family, --effort, --released and --kind")
    known = {row["folder"] for row in get(data_dir, url, _PATH, {})["data"]}
    _show([as_admin(data_dir, url, _path(folder), method="PUT", body=body)["data"]], json=json)
    if folder not in known:
        say(f"{no_such('ingested folder', folder, known)}. What was set counts once there is", err=True)


@names.command("unset", epilog=examples("arcwatch names unset some-model"))
def unset_name(
    folder: FolderArgument,
    *,
    yes: YesOption = False,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Take back what was set of a folder's model: the other sources count again. It asks before."""
    from arcwatch.clients.api import as_admin

    confirm(f"Take back what was set of {folder}?", yes=yes)
    _show([as_admin(data_dir, url, _path(folder), method="DELETE")["data"]], json=json)


def _path(folder: str) -> str:
    return f"{_PATH}/{quote(folder, safe='')}"


def _show(rows: list[dict[str, Any]], *, json: bool, empty: str = _NONE) -> None:
    if json:
        as_json(rows)
        return
    cells = ([row["folder"], *(row[name] for name in _FIELDS), row["nameSources"]["displayName"]] for row in rows)
    table(_COLUMNS, cells, empty=empty, spare=_SPARE)
    if sum(bool(row["unknown"]) for row in rows) > 1:
        note("what is not known can be set: arcwatch names set; docs/names.md")
