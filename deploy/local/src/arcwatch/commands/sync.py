"""`arcwatch sync`: what is new upstream, and its ingestion where that is wanted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arcwatch.commands.console import completion
from arcwatch.commands.console.calls import read, run
from arcwatch.commands.console.options import DatabaseOption, DataDirOption, JsonOption, NatsOption, examples
from arcwatch.commands.console.output import as_json, say, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.events import DatasetSynced, SyncCompleted


# For scripts: something upstream is not in the database yet.
NEWS = 10

_COLUMNS = ("model", "dataset", "state", "before")

EXAMPLES = examples(
    "arcwatch sync --check-only --exit-code",
    "arcwatch sync --auto-ingest --dataset arcprize/arc_agi_v2_public_eval",
)


def sync(
    *,
    auto_ingest: Annotated[
        bool | None,
        typer.Option(
            "--auto-ingest/--check-only",
            help="Have what differs ingested, or only report it: nothing is changed then.",
            show_default=False,
        ),
    ] = None,
    dataset: Annotated[
        list[str] | None,
        typer.Option("--dataset", help="Only this one; may be repeated.", autocompletion=completion.datasets),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show ingested models too, and a log.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=f"Exit status {NEWS} when something is new, changed or renamed.")
    ] = False,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    database_url: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Compare the Hub with the database now: what is new, changed, renamed, vanished, or ingested already.

    Exit status 1 when a dataset could not be listed.
    """
    if auto_ingest is None:
        raise typer.BadParameter("say --check-only or --auto-ingest")
    servers = {"nats_url": nats_url, "database_url": database_url}
    completed = _run(data_dir, servers, dataset or [], auto_ingest=auto_ingest, verbose=verbose)
    if json:
        as_json(_json(completed))
    else:
        _show(completed, verbose=verbose)
    if completed.status != "completed":
        raise typer.Exit(1)
    if exit_code and (completed.new_models_found or completed.changed):
        raise typer.Exit(NEWS)


def _run(
    data_dir: Path | None, servers: dict[str, str | None], datasets: list[str], *, auto_ingest: bool, verbose: bool
) -> "SyncCompleted":
    import getpass

    from common.process import logs
    from watcher.settings import Settings

    from arcwatch.clients import audit_lines, running, syncing

    logs.configure("info" if verbose else "critical", "console", "sync")
    # Servers that were named outright are no part of the deployment here, whose Hub may be a demo's.
    hub = {} if all(servers.values()) else running.hub_settings(data_dir)
    found = {name: running.url_of(name, data_dir, given) for name, given in servers.items()}
    settings = read(lambda: Settings(**{**hub, **found}))  # type: ignore[arg-type] # as the environment has them: text
    # To look changes nothing.
    with audit_lines.audited(
        found["database_url"] if auto_ingest else None, "sync", datasets=datasets, auto_ingest=True
    ):
        return run(syncing.sync(settings, datasets, auto_ingest=auto_ingest, by=f"cli:{getpass.getuser()}"))


def _json(completed: "SyncCompleted") -> dict[str, Any]:
    found: dict[str, Any] = completed.model_dump(mode="json")
    for shown, each in zip(found["datasets"], completed.datasets, strict=True):
        shown["unchanged"] = list(each.unchanged)
        shown["without_tasks"] = list(each.without_tasks)
    return found


def _show(completed: "SyncCompleted", *, verbose: bool) -> None:
    rows = [row for each in completed.datasets for row in _rows(each, verbose=verbose)]
    if rows:
        table(_COLUMNS, rows, empty="")
        say("")
    for each in completed.datasets:
        say(_summary(each), err=each.error is not None)


def _rows(found: "DatasetSynced", *, verbose: bool) -> "Iterator[tuple[str, ...]]":
    yield from ((name, found.dataset, "new", "") for name in found.new)
    yield from ((name, found.dataset, "changed", "") for name in found.changed)
    yield from ((new, found.dataset, "renamed", old) for old, new in found.renamed)
    yield from ((name, found.dataset, "vanished", "") for name in found.vanished)
    if verbose:
        yield from ((name, found.dataset, "ingested", "") for name in found.unchanged)
        yield from ((name, found.dataset, "without tasks", "") for name in found.without_tasks)


def _summary(found: "DatasetSynced") -> str:
    if found.error is not None:
        return f"{found.dataset}: failed: {found.error}"
    counts = {
        "new": len(found.new),
        "changed": len(found.changed),
        "renamed": len(found.renamed),
        "vanished": len(found.vanished),
        "ingested already": len(found.unchanged),
    }
    if found.without_tasks:
        counts["without tasks"] = len(found.without_tasks)
    text = ", ".join(f"{count} {what}" for what, count in counts.items())
    called = f" (the Hub calls it {found.renamed_to})" if found.renamed_to else ""
    return f"{found.dataset}{called}: {text}; {found.published} sent to be ingested"
