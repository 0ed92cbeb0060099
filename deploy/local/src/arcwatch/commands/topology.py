"""`arcwatch topology apply`: the streams and consumers on NATS."""

from typing import Annotated

import typer

from arcwatch.commands.options import DataDirOption, JsonOption, NatsOption, WaitOption, group
from arcwatch.commands.output import as_json, say

app = group("The streams and consumers on NATS.")


@app.command()
def apply(
    *,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    replicas: Annotated[int, typer.Option(envvar="NATS_REPLICAS", min=1, max=5, help="3 on a cluster.")] = 1,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit status 1 where something differs.")
    ] = False,
    wait: WaitOption = 30.0,
    json: JsonOption = False,
) -> None:
    """Make NATS match the table of streams and consumers, and say what differed. Safe to run again."""
    import asyncio

    from arcwatch.clients.running import nats_url as find

    found = asyncio.run(_differences(find(data_dir, nats_url), replicas, check=check, wait=wait))
    if json:
        as_json({"applied": not check, "drift": found})
    else:
        for line in found:
            say(line)
        say(_summary(len(found), check=check))
    if check and found:
        raise typer.Exit(1)


async def _differences(url: str, replicas: int, *, check: bool, wait: float) -> list[str]:
    from common.bus import topology

    from arcwatch.clients.bus import connected

    async with connected(url, patience_seconds=wait) as client:
        js = client.jetstream(timeout=10)
        found = await (topology.drift if check else topology.apply)(js, replicas)
    return [str(each) for each in found]


def _summary(differences: int, *, check: bool) -> str:
    if not differences:
        return "the topology is as it should be"
    if check:
        return f"{differences} differences; `arcwatch topology apply` mends them"
    return f"mended {differences} differences"
