"""`arcwatch verify`: every figure recomputed by the second implementation of the rules, and what differs."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arcwatch.commands.console.calls import read, run
from arcwatch.commands.console.options import (
    DatabaseOption,
    DataDirOption,
    JsonOption,
    OptionalDatasetArgument,
    OptionalModelArgument,
    examples,
)
from arcwatch.commands.console.output import as_json, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingester.settings import Settings
    from ingester.store.verdicts import VersionKey
    from ingester.verification.verification import Verified

    from arcwatch.clients.verifying import Unverified

    Results = Sequence[Verified | Unverified]

_COLUMNS = ("model", "dataset", "against", "verdict", "figures", "differ")
# Of one model; --json has them all.
_SHOWN = 10

EXAMPLES = examples(
    "arcwatch verify --all",
    "arcwatch verify arcprize/arc_agi_v2_public_eval some-model --from hub",
)


class Source(StrEnum):
    """Where the figures are recomputed from."""

    HUB = "hub"
    ROWS = "rows"


def verify(
    dataset: OptionalDatasetArgument = None,
    model: OptionalModelArgument = None,
    *,
    source: Annotated[
        Source, typer.Option("--from", help="Recompute from the Hub's files, or from the stored answers.")
    ] = Source.ROWS,
    every: Annotated[bool, typer.Option("--all", help="Every dataset of the database.")] = False,
    data_dir: DataDirOption = None,
    database_url: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Recompute every figure of submissions, by an implementation of the rules that shares no code with the first.

    Each disagreement has a name: docs/verification.md says what it means. The verdicts are stored, and shown on the
    page. It needs no running services, only the database (and for --from hub the Hub).

    Exit status 0 when all is verified or explained, 1 when something differs or could not be verified, 2 for usage.
    """
    if every == (dataset is not None):
        raise typer.BadParameter("name a DATASET, or say --all")
    results = run(_verify(_settings(data_dir, database_url), source, dataset, model, quiet=json))
    if json:
        as_json([_json(each, source) for each in results])
    else:
        _show(results, source)
    if any(_verdict(each) not in {"verified", "explained"} for each in results):
        raise typer.Exit(1)


def _settings(data_dir: DataDirOption, database_url: str | None) -> "Settings":
    from common.process import logs
    from ingester.settings import Settings

    from arcwatch.clients import running

    logs.configure("critical", "console", "verify")
    # A database that was named outright is no part of the deployment here, whose Hub may be a demo's.
    hub = {} if database_url else running.hub_settings(data_dir, Settings)
    url = running.url_of("database_url", data_dir, database_url)
    return read(lambda: Settings(**{**hub, "database_url": url}))  # type: ignore[arg-type] # as the environment: text


async def _verify(
    settings: "Settings", source: Source, dataset: str | None, model: str | None, *, quiet: bool
) -> "Results":
    from arcwatch.clients import verifying

    def show(version: "VersionKey", place: int, total: int) -> None:
        if not quiet:
            say(f"[{place}/{total}] {version.model} of {version.dataset}", err=True)

    return [each async for each in verifying.verify(settings, source.value, dataset, model, show)]


def _verdict(result: "Verified | Unverified") -> str:
    from ingester.verification.verification import Verified

    return result.judgement.verdict if isinstance(result, Verified) else "not verified"


def _json(result: "Verified | Unverified", source: Source) -> dict[str, Any]:
    from ingester.verification.verification import Verified

    found = {"dataset": result.dataset, "model": result.model, "compared_with": source.value}
    found["verdict"] = _verdict(result)
    if not isinstance(result, Verified):
        return {**found, "reason": result.reason}
    judgement = result.judgement
    return {**found, "at": result.at, "figures": judgement.figures, "disagreements": judgement.as_json()}


def _show(results: "Results", source: Source) -> None:
    rows = [(each.model, each.dataset, source.value, _verdict(each), *_counts(each)) for each in results]
    table(_COLUMNS, rows, empty="nothing was verified: what there was changed meanwhile", spare=("against", "dataset"))
    for each in results:
        lines = _lines(each)
        for line in lines[:_SHOWN]:
            say(f"{each.model} of {each.dataset}: {line}")
        if len(lines) > _SHOWN:
            say(f"{each.model} of {each.dataset}: and {len(lines) - _SHOWN} more; --json has them")


def _counts(result: "Verified | Unverified") -> tuple[int | None, int | None]:
    from ingester.verification.verification import Verified

    if isinstance(result, Verified):
        return result.judgement.figures, len(result.judgement.disagreements)
    return None, None


def _lines(result: "Verified | Unverified") -> list[str]:
    from ingester.verification.verification import Verified

    if isinstance(result, Verified):
        return [f"{each.name} ({each.figure}): {each.message}" for each in result.judgement.disagreements]
    return [result.reason]
