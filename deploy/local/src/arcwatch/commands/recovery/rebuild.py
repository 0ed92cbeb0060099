"""`arcwatch rebuild`: everything that the Hub alone brings back, and the names of what it does not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arcwatch.commands.console.calls import read, run
from arcwatch.commands.console.options import DatabaseOption, DataDirOption, JsonOption, NatsOption, examples
from arcwatch.commands.console.output import as_json, note, say, table

if TYPE_CHECKING:
    from arcwatch.recovery.rebuilding import Rebuilt

_COLUMNS = ("model", "dataset", "why it is not here")
EXAMPLES = examples("arcwatch rebuild", "arcwatch rebuild --timeout 14400 --json")


def rebuild(
    *,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait until all is here.")] = 7_200.0,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    database_url: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Have everything ingested that the Hub lists and the database lacks, and wait for it: where there is no backup.

    The services do the work, so they must run. Nothing is deleted; run again, it goes on with what is left. It ends
    with the names of what the Hub does not have.

    Exit status 1 when a submission did not come.
    """
    from arcwatch.clients import audit_lines, running

    with audit_lines.audited(running.url_of("database_url", data_dir, database_url), "rebuild"):
        rebuilt = run(_rebuilt(data_dir, {"nats_url": nats_url, "database_url": database_url}, timeout, quiet=json))
    if json:
        as_json(_document(rebuilt))
    else:
        _show(rebuilt)
    if rebuilt.missing or rebuilt.waiting:
        raise typer.Exit(1)


async def _rebuilt(data_dir: Path | None, servers: dict[str, str | None], seconds: float, *, quiet: bool) -> "Rebuilt":
    from common.process import logs
    from watcher.settings import Settings

    from arcwatch.clients import running
    from arcwatch.recovery.rebuilding import rebuild as rebuild_all

    logs.configure("critical", "console", "rebuild")
    # Servers that were named outright are no part of the deployment here, whose Hub may be a demo's.
    hub = {} if all(servers.values()) else running.hub_settings(data_dir)
    found = {name: running.url_of(name, data_dir, given) for name, given in servers.items()}
    settings = read(lambda: Settings(**{**hub, **found}))  # type: ignore[arg-type] # as the environment has them: text
    shown = -1

    def show(done: int, total: int) -> None:
        nonlocal shown
        if done != shown and not quiet:
            say(f"{done} of {total} are here", err=True)
        shown = done

    return await rebuild_all(settings, seconds, show)


def _document(of: "Rebuilt") -> dict[str, Any]:
    from arcwatch.recovery.rebuilding import lost

    missing = [{"dataset": dataset, "model": model, "reason": why} for (dataset, model), why in of.missing.items()]
    counts = {name: getattr(of, name) for name in ("listed", "sent", "here", "no_submissions", "waiting")}
    return {**counts, "missing": missing, "not_from_the_hub": lost()}


def _show(of: "Rebuilt") -> None:
    from arcwatch.recovery.rebuilding import lost

    if of.missing:
        table(_COLUMNS, [[model, dataset, why] for (dataset, model), why in of.missing.items()], empty="")
    say(f"the Hub lists {of.listed} folders; {of.sent} were sent to be ingested, of which {of.here} are here now")
    if of.no_submissions:
        note(f"{of.no_submissions} hold no file of a task: they are no submissions")
    if of.waiting:
        say(f"{of.waiting} are still to come: look with `arcwatch runs ls`, or run this again", err=True)
    note("only a backup brings back:")
    for each in lost():
        note(f"  {each}")
