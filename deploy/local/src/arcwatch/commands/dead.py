"""`arcwatch dead ls` and `dead replay`: messages that were given up."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from arcwatch.commands.options import DataDirOption, JsonOption, NatsOption
from arcwatch.commands.output import as_json, moment, table

if TYPE_CHECKING:
    from arcwatch.dead_letters import Dead

app = typer.Typer(help="Messages that were given up.", no_args_is_help=True)

_COLUMNS = ("seq", "failed at", "service", "kind", "deliveries", "about", "reason")
_REASON_WIDTH = 100


@app.command()
def ls(*, data_dir: DataDirOption = None, nats_url: NatsOption = None, json: JsonOption = False) -> None:
    """List them, the oldest first. `--json` shows each with its body."""
    import asyncio

    found = asyncio.run(_listed(data_dir, nats_url))
    if json:
        as_json([_json(dead) for dead in found])
        return
    table(_COLUMNS, (_row(dead) for dead in found), empty="nothing was given up")


@app.command()
def replay(
    sequences: Annotated[list[int] | None, typer.Argument(metavar="[SEQ]...", help="As `dead ls` shows them.")] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Replay every one.")] = False,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    json: JsonOption = False,
) -> None:
    """Publish them again under fresh ids, and take them off the list."""
    import asyncio

    if all_ == bool(sequences):
        raise typer.BadParameter("name the letters to replay, or say --all")
    found = asyncio.run(_replayed(data_dir, nats_url, None if all_ else sequences))
    if json:
        as_json([_json(dead) for dead in found])
        return
    for dead in found:
        typer.echo(f"replayed {dead.sequence}: {dead.what}")
    if not found:
        typer.echo("nothing was given up")


async def _listed(data_dir: Any, nats_url: str | None) -> "list[Dead]":
    from arcwatch import dead_letters
    from arcwatch.bus_client import connected
    from arcwatch.running import nats_url as find

    async with connected(find(data_dir, nats_url)) as client:
        return await dead_letters.listed(client)


async def _replayed(data_dir: Any, nats_url: str | None, sequences: list[int] | None) -> "list[Dead]":
    from arcwatch import dead_letters
    from arcwatch.bus_client import connected
    from arcwatch.running import nats_url as find

    async with connected(find(data_dir, nats_url)) as client:
        return await dead_letters.replay(client, sequences)


def _row(dead: "Dead") -> list[object]:
    reason = dead.reason if len(dead.reason) <= _REASON_WIDTH else f"{dead.reason[: _REASON_WIDTH - 1]}…"
    at = moment(dead.failed_at.isoformat())
    return [dead.sequence, at, dead.service, dead.kind, dead.deliveries, dead.what, reason]


def _json(dead: "Dead") -> dict[str, Any]:
    names = ("sequence", "service", "kind", "reason", "deliveries", "stream_sequence", "failed_at")
    found = {name: getattr(dead, name) for name in names}
    letter = dead.letter
    return {**found, "subject": letter.subject if letter else None, "body": letter.body if letter else None}
