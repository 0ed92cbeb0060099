"""`arcwatch restore`: a backup's rows back into a database, compared on request."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arcwatch.commands.console.calls import run
from arcwatch.commands.console.confirm import confirm
from arcwatch.commands.console.options import DatabaseOption, DataDirOption, JsonOption, YesOption, examples
from arcwatch.commands.console.output import as_json, note, say
from arcwatch.errors import without_password

if TYPE_CHECKING:
    from arcwatch.recovery.archive import Backup, Manifest
    from arcwatch.recovery.restorations import Restored

EXAMPLES = examples(
    "arcwatch restore 20261128T020000Z.arcwatch --verify",
    "arcwatch restore 20261128T020000Z.arcwatch --replace --yes --database-url postgresql://arcwatch@127.0.0.1/arcwatch",
)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As `arcwatch backup` wrote it.", dir_okay=False)],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where there are rows already: they are deleted.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read all back, and compare it and what the API answers with the backup.")
    ] = False,
    yes: YesOption = False,
    data_dir: DataDirOption = None,
    database_url: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Restore a backup: the file is compared with its hashes first, and all rows come in one transaction or none.

    Stop all services before. Where `arcwatch up` does not run, its database is started for this.

    Exit status 1 when something differs.
    """
    from arcwatch.recovery.archive import opened

    with opened(file) as backup:
        done = run(_restored(data_dir, database_url, backup, replace=replace, verify=verify, yes=yes, quiet=json))
        manifest = backup.manifest
    if json:
        from dataclasses import asdict

        rows = {each.name: each.rows for each in manifest.tables}
        as_json({"made_at": manifest.made_at, "rows": rows, **asdict(done)})
    else:
        _show(manifest, done)
    if done.differences:
        raise typer.Exit(1)


async def _restored(
    data_dir: Path | None, given: str | None, backup: "Backup", *, replace: bool, verify: bool, yes: bool, quiet: bool
) -> "Restored":
    from common.process import logs

    from arcwatch.errors import DeploymentError
    from arcwatch.recovery import restorations
    from arcwatch.recovery.databases import database

    logs.configure("critical", "console", "restore")
    restorations.check_known(backup)
    async with database(data_dir, given, make=True) as url:
        found = await restorations.look(url)
        if found.filled:
            holds = f"the database at {without_password(url)} holds rows in {', '.join(found.filled)}"
            if not replace:
                raise DeploymentError(f"{holds}: restore into an empty one, or say --replace to delete them")
            confirm(f"{holds}. Delete them, and restore what there was at {backup.manifest.made_at}?", yes=yes)
        return await restorations.restore(
            url, backup, found, verify=verify, on_table=lambda name: None if quiet else note(name)
        )


def _show(manifest: "Manifest", done: "Restored") -> None:
    for name in done.migrations:
        say(f"applied {name}")
    if done.compared:
        say(f"compared: {len(done.compared)} tables and answers, {len(done.differences)} differ")
    for each in done.differences:
        say(f"differs: {each}", err=True)
    if done.answers_not_compared:
        note(f"answers of the API were not compared: {done.answers_not_compared}")
    rows = sum(each.rows for each in manifest.tables)
    say(f"restored {rows} rows as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC; now start the services")
