"""`arcwatch doctor`: what is wrong here, and what to do about it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arcwatch.commands.options import DatabaseOption, DataDirOption, JsonOption, NatsOption
from arcwatch.commands.output import as_json, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from common.process.settings import ServiceSettings

    from arcwatch.doctor.checks import Finding

_MARKS = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}


def doctor(
    *,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    database_url: DatabaseOption = None,
    replicas: Annotated[
        int, typer.Option(envvar="NATS_REPLICAS", min=1, max=5, help="As the topology was applied; 3 on a cluster.")
    ] = 1,
    json: JsonOption = False,
) -> None:
    """Look at everything that is needed, and say what to do where something is wrong.

    The Hub and HF_TOKEN, NATS, the database, the clocks, ports and room. It changes nothing.

    Exit status 1 when there is a problem; warnings do not count.
    """
    import asyncio

    found = [*_machine(data_dir), *asyncio.run(_servers(data_dir, nats_url, database_url, replicas))]
    if json:
        as_json([asdict(each) for each in found])
    else:
        for each in found:
            say(f"{_MARKS[each.verdict]}  {each.check}: {each.found}")
            if each.advice:
                say(f"         -> {each.advice}")
    if any(each.verdict == "problem" for each in found):
        raise typer.Exit(1)


def _machine(data_dir: Path | None) -> "Iterable[Finding]":
    import os

    from arcwatch.clients import running
    from arcwatch.doctor import checks, live_checks

    place = running.chosen(data_dir)
    yield from checks.programs()
    yield from checks.settings(os.environ)
    yield from checks.task_sets()
    yield from checks.data_folder(place)
    yield from live_checks.deployment(place)
    yield from live_checks.wanted_ports(place, os.environ)


async def _servers(
    data_dir: Path | None, nats_url: str | None, database_url: str | None, replicas: int
) -> "Iterable[Finding]":
    from arcwatch.clients import running
    from arcwatch.doctor import bus_checks, database_checks, hub_checks, live_checks

    here = running.running(data_dir) or {}
    found: list[Finding] = []
    if here:
        found += await live_checks.services(running.chosen(data_dir))
    if settings := _hub_settings(data_dir):
        found += await hub_checks.hub(settings)
    if url := nats_url or here.get("nats_url"):
        found += await bus_checks.bus(url, replicas)
    if url := database_url or here.get("database_url"):
        found += await database_checks.database(url)
    return found


def _hub_settings(data_dir: Path | None) -> "ServiceSettings | None":
    """Return where the Hub is, as the running deployment has it; None where a setting is wrong (said before)."""
    from common.process.settings import ServiceSettings
    from pydantic import ValidationError

    from arcwatch.clients import running

    try:
        return ServiceSettings(**running.hub_settings(data_dir))  # type: ignore[arg-type] # as the environment has them: text
    except ValidationError:
        return None
