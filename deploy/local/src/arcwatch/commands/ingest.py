"""`arcwatch ingest`: one model, now."""

import contextlib
from typing import TYPE_CHECKING, Annotated

import typer

from arcwatch.commands.console.calls import on_nats, read, run
from arcwatch.commands.console.options import (
    DataDirOption,
    DatasetArgument,
    JsonOption,
    ModelArgument,
    NatsOption,
    examples,
)
from arcwatch.commands.console.output import as_json, percent, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from common.events import IngestionProgress, ModelDiscovered
    from common.process.settings import ServiceSettings
    from nats.aio.client import Client

    from arcwatch.clients.ingestion import Outcome

EXAMPLES = examples(
    "arcwatch ingest arcprize/arc_agi_v2_public_eval some-model --follow",
)


def ingest(
    dataset: DatasetArgument,
    model: ModelArgument,
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
    """Have a model ingested: publish `model.discovered`, as any NATS client may.

    Refused where the dataset is not watched, or the Hub lists no such folder. The request has an id, which --follow
    follows; /api/admin/ingestion-requests/ID of the query API tells of it at any time.
    """
    from common.bus import bus

    from arcwatch.clients import ingestion

    settings = _settings(data_dir, nats_url)

    dataset = ingestion.watched_name(settings, dataset)
    event = _request(dataset, model, force=force)
    if not run(ingestion.is_there(settings, dataset, model)):
        say(f"the Hub does not answer now: whether {dataset} has a folder {model} is not verified", err=True)

    if follow and not json:
        say(f"request {event.request_ids[0]}", err=True)
    with _audited(event, data_dir, nats_url):
        if follow:
            outcome = _followed(event, timeout, data_dir, nats_url, quiet=json)
        else:
            on_nats(lambda client: bus.publish(client, event, ingestion.SOURCE), data_dir, nats_url)
    if follow:
        _tell(outcome, json=json)
    else:
        _tell_request(event, json=json)


def _audited(
    event: "ModelDiscovered", data_dir: "Path | None", nats_url: str | None
) -> "contextlib.AbstractContextManager[object]":
    from arcwatch.clients import audit_lines

    about = event.model_dump(mode="json", include={"dataset", "model", "force", "request_ids"})
    return audit_lines.audited(audit_lines.database_of(data_dir, nats_url), "ingest", **about)


def _followed(
    event: "ModelDiscovered", seconds: float, data_dir: "Path | None", nats_url: str | None, *, quiet: bool
) -> "Outcome":
    from arcwatch.clients import ingestion

    async def to_the_end(client: "Client") -> "Outcome":
        with _progress_bar(event.model, visible=not quiet) as show:
            return await ingestion.follow(client, event, show, seconds)

    return on_nats(to_the_end, data_dir, nats_url)


def _tell_request(event: "ModelDiscovered", *, json: bool) -> None:
    (request_id,) = event.request_ids
    if json:
        as_json({"request_id": request_id, **event.model_dump(mode="json")})
    else:
        asked = f"asked for {event.model} of {event.dataset} as request {request_id}"
        say(f"{asked}; `arcwatch runs watch {request_id}` shows how it goes")


def _request(dataset: str, model: str, *, force: bool) -> "ModelDiscovered":
    import getpass

    from common.events import ModelDiscovered, fresh_id

    about = {"requested_by": f"cli:{getpass.getuser()}", "request_ids": (fresh_id(),)}
    return read(lambda: ModelDiscovered.model_validate({"dataset": dataset, "model": model, "force": force, **about}))


def _settings(data_dir: "Path | None", nats_url: str | None) -> "ServiceSettings":
    from common.process.settings import ServiceSettings

    from arcwatch.clients.running import hub_settings

    # A NATS that was named outright is no part of the deployment here, whose Hub may be a demo's.
    hub = {} if nats_url else hub_settings(data_dir)
    return read(lambda: ServiceSettings(**hub))  # type: ignore[arg-type] # as the environment has them: text


@contextlib.contextmanager
def _progress_bar(model: str, *, visible: bool) -> "Iterator[Callable[[IngestionProgress], None]]":
    """Yield what shows progress on standard error; where that is no terminal it shows nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not (visible and console.is_terminal)) as progress:
        task = progress.add_task(f"{model}: waiting for an ingester", total=None)

        def show(event: "IngestionProgress") -> None:
            progress.update(task, description=event.model, completed=event.done, total=event.total)

        yield show


def _tell(outcome: "Outcome", *, json: bool) -> None:
    from common.events import ModelIngested, ModelIngestionFailed

    failed = isinstance(outcome, ModelIngestionFailed)
    if json:
        as_json({"event": outcome.subject, **outcome.model_dump(mode="json")})
    elif isinstance(outcome, ModelIngestionFailed):
        say(f"{outcome.model} failed ({outcome.kind}): {outcome.reason}", err=True)
    elif not isinstance(outcome, ModelIngested):
        say(f"{outcome.model} was skipped: `arcwatch runs ls --status skipped` says why")
    elif not outcome.attempts:
        say(f"{outcome.model}: nothing in it could be used; its page says why")
    else:
        left = f", {outcome.failed} files could not be used" if outcome.failed else ""
        say(
            f"{outcome.model}: {percent(outcome.score)} of the set, {percent(outcome.score_submitted)} of what was "
            f"submitted ({outcome.tasks_submitted} of {outcome.tasks_total} tasks{left})"
        )
    if failed:
        raise typer.Exit(1)
