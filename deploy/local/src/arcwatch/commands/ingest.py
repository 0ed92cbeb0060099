"""`arcwatch ingest`: one model, now."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arcwatch.commands.options import DataDirOption, JsonOption, NatsOption
from arcwatch.commands.output import as_json, percent, say

if TYPE_CHECKING:
    from common.events import ModelDiscovered

    from arcwatch.clients.ingestion import Outcome


def ingest(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Such as arcprize/arc_agi_v2_public_eval.")],
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The folder's name.")],
    *,
    force: Annotated[
        bool, typer.Option("--force/--no-force", help="Fetch and score every file again, changed or not.")
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for the end; exit status 1 on failure.")] = False,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds to follow it at most.")] = 3600.0,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    json: JsonOption = False,
) -> None:
    """Have a model ingested: publish `model.discovered`, as any NATS client may."""
    import asyncio

    event = _event(dataset, model, force=force)
    outcome = asyncio.run(_ask(data_dir, nats_url, event, timeout if follow else None, bar=not json))
    if outcome is None:
        if json:
            as_json(event.model_dump(mode="json"))
        else:
            say(f"asked for {model} of {dataset}; `arcwatch runs ls` shows how it goes")
        return
    _tell(outcome, json=json)


def _event(dataset: str, model: str, *, force: bool) -> "ModelDiscovered":
    import getpass

    from common.events import ModelDiscovered

    from arcwatch.commands.settings import read

    by = f"cli:{getpass.getuser()}"
    return read(lambda: ModelDiscovered(dataset=dataset, model=model, force=force, requested_by=by))


async def _ask(
    data_dir: Path | None, nats_url: str | None, event: "ModelDiscovered", follow_seconds: float | None, *, bar: bool
) -> "Outcome | None":
    from arcwatch.clients import ingestion
    from arcwatch.clients.bus import connected
    from arcwatch.clients.running import nats_url as find
    from arcwatch.commands.progress_bar import bar_of

    async with connected(find(data_dir, nats_url)) as client:
        if follow_seconds is None:
            await ingestion.publish(client, event)
            return None
        with bar_of(event.model, visible=bar) as show:
            return await ingestion.follow(client, event, show, follow_seconds)


def _tell(outcome: "Outcome", *, json: bool) -> None:
    from common.events import ModelIngested, ModelIngestionFailed

    failed = isinstance(outcome, ModelIngestionFailed)
    if json:
        as_json({"event": outcome.subject, **outcome.model_dump(mode="json")})
    elif isinstance(outcome, ModelIngestionFailed):
        say(f"{outcome.model} failed ({outcome.kind}): {outcome.reason}", err=True)
    elif not isinstance(outcome, ModelIngested):
        say(f"{outcome.model} was skipped: `arcwatch runs ls --status skipped` says why")
    else:
        left = f", {outcome.failed} files could not be used" if outcome.failed else ""
        say(
            f"{outcome.model}: {percent(outcome.score)} of the set, {percent(outcome.score_submitted)} of what was "
            f"submitted ({outcome.tasks_submitted} of {outcome.tasks_total} tasks{left})"
        )
    if failed:
        raise typer.Exit(1)
