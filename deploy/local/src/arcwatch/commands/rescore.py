"""`arcwatch rescore`: the figures of current versions anew, from the stored rows."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arcwatch.commands.console.calls import run
from arcwatch.commands.console.options import (
    DatabaseOption,
    DataDirOption,
    JsonOption,
    OptionalDatasetArgument,
    OptionalModelArgument,
    examples,
)
from arcwatch.commands.console.output import as_json, percent, say, table

if TYPE_CHECKING:
    from ingester.ingestion.rescoring import Rescored

_COLUMNS = ("model", "dataset", "outcome", "before", "after", "solved before", "after", "rows")
_FAILED = frozenset({"impossible", "busy"})

EXAMPLES = examples(
    "arcwatch rescore --all --dry-run",
    "arcwatch rescore arcprize/arc_agi_v2_public_eval some-model",
)


def rescore(
    dataset: OptionalDatasetArgument = None,
    model: OptionalModelArgument = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every dataset.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    tasks_dir: Annotated[
        Path | None,
        typer.Option(
            "--tasks-dir", envvar="ARC_TASKS_DIR", help="Task sets besides the bundled ones.", file_okay=False
        ),
    ] = None,
    data_dir: DataDirOption = None,
    database_url: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Compute scores anew from the stored rows, by the present rules and task sets: without a network.

    Figures that are replaced stay in the version's history. Exit status 1 where a model could not be rescored.
    """
    if (dataset is None) is not every:
        raise typer.BadParameter("name a DATASET, or say --all")
    from arcwatch.clients.audit_lines import audited
    from arcwatch.clients.running import url_of

    wanted = (dataset, model, tasks_dir)
    url = url_of("database_url", data_dir, database_url)
    with audited(None if dry_run else url, "rescore", dataset=dataset, model=model):
        found = run(_rescore(url, *wanted, dry_run=dry_run, quiet=json))

    if json:
        as_json([_document(each, dry_run=dry_run) for each in found])
    else:
        _show(found, dry_run=dry_run)
    if any(each.outcome in _FAILED for each in found):
        raise typer.Exit(1)


async def _rescore(
    url: str, dataset: str | None, model: str | None, tasks_dir: Path | None, *, dry_run: bool, quiet: bool
) -> "list[Rescored]":
    from common.database.pool import open_pool
    from common.database.schema import check_migrated
    from ingester.ingestion.rescoring import rescore_all, scored_models

    from arcwatch.clients.database import missing
    from arcwatch.errors import DeploymentError

    def show(of_dataset: str, of_model: str, place: int, total: int) -> None:
        if not quiet:
            say(f"[{place}/{total}] {of_model} of {of_dataset}", err=True)

    async with open_pool(url) as pool:
        await check_migrated(pool)
        found = [each async for each in rescore_all(pool, dataset, model, tasks_dir, dry_run=dry_run, on_begin=show)]
        if dataset and not found:
            raise DeploymentError(missing(await scored_models(pool), dataset, model))
        return found


def _document(of: "Rescored", *, dry_run: bool) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(of) | {"dry_run": dry_run}


def _show(found: "list[Rescored]", *, dry_run: bool) -> None:
    rescored = (_row(each) for each in found if each.outcome == "rescored")
    table(_COLUMNS, rescored, empty="every score is as it was", spare=("rows", "outcome", "dataset"))
    for each in found:
        if each.reason:
            say(f"{each.outcome}: {each.model} of {each.dataset}: {each.reason}", err=True)
    counts = Counter(each.outcome for each in found)
    said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "no model"
    say(f"{said}{'; nothing was changed (--dry-run)' if dry_run else ''}")


def _row(of: "Rescored") -> tuple[object, ...]:
    figures = [each for each in (of.before, of.after) if each]
    scores, solved = [percent(each.score, 2) for each in figures], [each.tasks_solved for each in figures]
    return of.model, of.dataset, of.outcome, *scores, *solved, of.rows
