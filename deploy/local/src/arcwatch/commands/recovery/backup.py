"""`arcwatch backup`: the whole database in one file, as it is at one moment."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arcwatch.commands.console.calls import run
from arcwatch.commands.console.options import DatabaseOption, DataDirOption, JsonOption, examples
from arcwatch.commands.console.output import as_json, note, say, table

if TYPE_CHECKING:
    from arcwatch.recovery.archive import Manifest

_COLUMNS = ("table", "rows", "bytes", "sha256")
EXAMPLES = examples("arcwatch backup backups/", "arcwatch backup before-upgrade.arcwatch --json")


def backup(
    target: Annotated[
        str,
        typer.Argument(metavar="DIR|FILE", help="A folder, or DIR/ to make one: the file is named after the time."),
    ],
    *,
    data_dir: DataDirOption = None,
    database_url: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Write all that arcwatch has in its database to a file, as it is at one moment; everything goes on meanwhile.

    The file is there whole or not at all. What NATS holds is not in it, nor are secrets: docs/operating.md.
    """
    path = _file(target)
    manifest = run(_backed_up(data_dir, database_url, path, quiet=json))
    if json:
        as_json({"file": str(path), "bytes": path.stat().st_size, **manifest.model_dump(mode="json")})
        return
    table(_COLUMNS, [[each.name, each.rows, each.bytes, each.sha256] for each in manifest.tables], empty="")
    if manifest.left_out:
        note(f"not in it, as they are not arcwatch's: {', '.join(manifest.left_out)}")
    say(f"{path}: {path.stat().st_size / 1024**2:.1f} MiB, as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC")


def _file(target: str) -> Path:
    from datetime import UTC, datetime

    from arcwatch.errors import DeploymentError

    path = Path(target)
    if target.endswith("/"):
        path.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        return path / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.arcwatch"
    if not path.parent.is_dir():
        raise DeploymentError(f"{path.parent} is no folder: make it first")
    return path


async def _backed_up(data_dir: Path | None, given: str | None, path: Path, *, quiet: bool) -> "Manifest":
    from common.process import logs

    from arcwatch.recovery.databases import database
    from arcwatch.recovery.snapshots import back_up

    logs.configure("critical", "console", "backup")
    async with database(data_dir, given) as url:
        return await back_up(url, path, lambda name: None if quiet else note(name))
