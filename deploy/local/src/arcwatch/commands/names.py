"""`arcwatch names`: what is known of the models behind folders, where from, and what an admin says of them."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from arcwatch.commands.console.options import DataDirOption, JsonOption, UrlOption, group
from arcwatch.commands.console.output import as_json, say, table

names = group("What is known of models: names, providers, dates, kinds.")

_PATH = "/api/admin/model-names"
_COLUMNS = ("folder", "name", "provider", "family", "effort", "released", "kind", "name from")
_FIELDS = ("displayName", "provider", "family", "effort", "releaseDate", "kind")
FolderArgument = Annotated[str, typer.Argument(help="The model's folder, in any dataset.")]


@names.command("ls")
def list_names(*, data_dir: DataDirOption = None, url: UrlOption = None, json: JsonOption = False) -> None:
    """List every folder with what is known of its model, those of which least is known first.

    --json says of each field where it comes from.
    """
    from arcwatch.clients.api import get

    _show(get(data_dir, url, _PATH, {})["data"], json=json)


@names.command("set")
def set_name(
    folder: FolderArgument,
    *,
    name: Annotated[str | None, typer.Option(help="The name that people know.")] = None,
    provider: Annotated[str | None, typer.Option(help="Who made it.")] = None,
    family: Annotated[str | None, typer.Option(help="The line of models, such as Claude.")] = None,
    effort: Annotated[str | None, typer.Option(help="A level or a budget: xhigh, 32k.")] = None,
    released: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When it became available.", metavar="YYYY-MM-DD")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="model, system, human_panel or baseline")] = None,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a folder's model is, before all other sources; it replaces what was set before.

    The token is ADMIN_TOKEN of the environment, else that of the running deployment.
    """
    from common.process.choices import no_such

    from arcwatch.clients.api import as_admin, get

    values = (name, provider, family, effort, released and f"{released:%Y-%m-%d}", kind)
    body = {field: value for field, value in zip(_FIELDS, values, strict=True) if value is not None}
    if not body:
        raise typer.BadParameter("say at least one of --name, --provider, --family, --effort, --released and --kind")
    known = {row["folder"] for row in get(data_dir, url, _PATH, {})["data"]}
    _show([as_admin(data_dir, url, _path(folder), method="PUT", body=body)["data"]], json=json)
    if folder not in known:
        say(f"{no_such('ingested folder', folder, known)}. What was set counts once there is", err=True)


@names.command("unset")
def unset_name(
    folder: FolderArgument, *, data_dir: DataDirOption = None, url: UrlOption = None, json: JsonOption = False
) -> None:
    """Take back what was set of a folder's model: the other sources count again."""
    from arcwatch.clients.api import as_admin

    _show([as_admin(data_dir, url, _path(folder), method="DELETE")["data"]], json=json)


def _path(folder: str) -> str:
    return f"{_PATH}/{quote(folder, safe='')}"


def _show(rows: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        as_json(rows)
        return
    cells = ([row["folder"], *(row[name] for name in _FIELDS), row["nameSources"]["displayName"]] for row in rows)
    table(_COLUMNS, cells, empty="no model was ingested yet")
    if sum(bool(row["unknown"]) for row in rows) > 1:
        say("what is not known can be set: arcwatch names set; docs/names.md", err=True)
