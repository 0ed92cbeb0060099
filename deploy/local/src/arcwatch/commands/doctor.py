"""`arcwatch doctor`: what is wrong here, and what to do about it."""

from dataclasses import asdict
from typing import Annotated

import typer

from arcwatch.commands.console.calls import run
from arcwatch.commands.console.options import DatabaseOption, DataDirOption, JsonOption, NatsOption, examples
from arcwatch.commands.console.output import as_json, say
from arcwatch.commands.console.styles import RED, YELLOW

_MARKS = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}
_STYLES = {"ok": None, "warning": YELLOW, "problem": RED}

EXAMPLES = examples(
    "arcwatch doctor",
    "arcwatch doctor --json",
)


def doctor(
    *,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    database_url: DatabaseOption = None,
    replicas: Annotated[
        int, typer.Option(envvar="NATS_REPLICAS", min=1, max=5, help="As the topology was applied; 3 on a cluster.")
    ] = 1,
    services: Annotated[
        str | None,
        typer.Option(
            envvar="ARCWATCH_SERVICES", help="HOST:PORT of each service's ops port, of a deployment elsewhere."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Look at everything that is needed, and say what to do where something is wrong.

    The Hub and HF_TOKEN, NATS, the database, the clocks, ports and room, and whether alerts reach anybody
    (ALERTMANAGER_URL). It changes nothing: the message by which it sees that NATS stores is taken off again.

    Exit status 1 when there is a problem; warnings do not count.
    """
    from arcwatch.doctor.examination import examine

    found = run(examine(data_dir, nats_url, database_url, replicas, services))

    if json:
        as_json([asdict(each) for each in found])
    else:
        for each in found:
            say(f"{_MARKS[each.verdict]}  {each.check}: {each.found}", style=_STYLES[each.verdict])
            if each.advice:
                say(f"         -> {each.advice}")
    if any(each.verdict == "problem" for each in found):
        raise typer.Exit(1)
