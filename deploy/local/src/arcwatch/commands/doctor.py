"""`arcwatch doctor`: what is wrong here, and what to do about it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from arcwatch.commands.options import DatabaseOption, DataDirOption, JsonOption, NatsOption
from arcwatch.commands.output import as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arcwatch.checks import Finding

_MARKS = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}


def doctor(
    *,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    database_url: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Look at everything that is needed, and say what to do where something is wrong.

    Exit status 1 when there is a problem; warnings do not count.
    """
    import asyncio

    found = [*_machine(data_dir), *asyncio.run(_servers(data_dir, nats_url, database_url))]
    if json:
        as_json([asdict(each) for each in found])
    else:
        for each in found:
            typer.echo(f"{_MARKS[each.verdict]}  {each.check}: {each.found}")
            if each.advice:
                typer.echo(f"         -> {each.advice}")
    if any(each.verdict == "problem" for each in found):
        raise typer.Exit(1)


def _machine(data_dir: Path | None) -> "Iterable[Finding]":
    import os

    from arcwatch import checks, live_checks, running

    place = running.chosen(data_dir)
    yield from checks.programs()
    yield from checks.settings(os.environ)
    yield from checks.task_sets()
    yield from checks.data_folder(place)
    yield from live_checks.deployment(place)


async def _servers(data_dir: Path | None, nats_url: str | None, database_url: str | None) -> "Iterable[Finding]":
    from arcwatch import live_checks, running

    here = running.running(data_dir) or {}
    found: list[Finding] = []
    if here:
        found += await live_checks.services(running.chosen(data_dir))
    if url := nats_url or here.get("nats_url"):
        found += await live_checks.bus(url)
    if url := database_url or here.get("database_url"):
        found += await live_checks.database(url)
    return found
