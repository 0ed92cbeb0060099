"""`arcwatch migrate`, `topology apply` and `nats-url`: the database and NATS, for who works with them by hand."""

from typing import Annotated

import typer

from arcwatch.commands.console.calls import on_nats, run
from arcwatch.commands.console.options import (
    DatabaseOption,
    DataDirOption,
    JsonOption,
    NatsOption,
    WaitOption,
    examples,
    group,
)
from arcwatch.commands.console.output import as_json, say

topology = group("The streams and consumers on NATS.")

MIGRATE = examples(
    "arcwatch migrate",
    "arcwatch migrate --database-url postgresql://arcwatch@127.0.0.1/arcwatch",
)
NATS_URL = examples(
    "arcwatch nats-url",
    "arcwatch nats-url --user watcher --json",
)


def migrate(
    *,
    data_dir: DataDirOption = None,
    database_url: DatabaseOption = None,
    wait: WaitOption = 30.0,
    json: JsonOption = False,
) -> None:
    """Bring the database's tables up to date. Safe to run again, and by several at once.

    `arcwatch up` does this by itself; this is for a database of your own.
    """
    from functools import partial

    from arcwatch.clients import database
    from arcwatch.clients.running import url_of

    applied = run(database.migrate(url_of("database_url", data_dir, database_url), wait, partial(say, err=True)))

    if json:
        as_json({"applied": applied})
        return
    for name in applied:
        say(f"applied {name}")
    say("the schema is up to date")


@topology.command(epilog=examples("arcwatch topology apply --check", "arcwatch topology apply --replicas 3"))
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
    from functools import partial

    from common.bus import topology

    ask = topology.drift if check else topology.apply
    waits = partial(say, err=True)
    found = on_nats(lambda client: ask(client.jetstream(timeout=10), replicas), data_dir, nats_url, wait, waits)
    if json:
        as_json({"applied": not check, "drift": [str(each) for each in found]})
    else:
        for each in found:
            say(str(each))
        say(_summary(len(found), check=check))
    if check and found:
        raise typer.Exit(1)


def _summary(differences: int, *, check: bool) -> str:
    if not differences:
        return "the topology is as it should be"
    if check:
        return f"{differences} differences; `arcwatch topology apply` mends them"
    return f"mended {differences} differences"


def nats_url(
    *,
    user: Annotated[
        str, typer.Option("--user", help="admin may do everything; watcher, ingester and query-api what they need.")
    ] = "admin",
    data_dir: DataDirOption = None,
    json: JsonOption = False,
) -> None:
    """Print the URL of the running deployment's NATS, with user and password, for any NATS client.

    nats -s "$(arcwatch nats-url)" pub model.discovered '{"dataset":"owner/name","model":"some-model"}'

    Users other than admin receive answers only under their own inbox prefix, which --json tells.
    """
    from common.bus.servers import inbox_prefix_of

    from arcwatch.clients.running import nats_url_of

    url = nats_url_of(data_dir, user)
    if json:
        as_json({"url": url, "user": user, "inbox_prefix": inbox_prefix_of(url).decode()})
    else:
        say(url)
