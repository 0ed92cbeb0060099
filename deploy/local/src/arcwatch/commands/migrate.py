"""`arcwatch migrate`: the database's tables."""

from arcwatch.commands.options import DatabaseOption, DataDirOption, JsonOption, WaitOption
from arcwatch.commands.output import as_json, say


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
    import asyncio
    from functools import partial

    from arcwatch.clients import database
    from arcwatch.clients.running import database_url as find

    applied = asyncio.run(database.migrate(find(data_dir, database_url), wait, partial(say, err=True)))
    if json:
        as_json({"applied": applied})
        return
    for name in applied:
        say(f"applied {name}")
    say("the schema is up to date")
