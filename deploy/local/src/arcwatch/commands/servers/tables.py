"""`arcwatch migrate` and `sql`: the database, for who works with it by hand."""

from typing import Annotated

import typer

from arcwatch.commands.console.calls import run
from arcwatch.commands.console.options import DatabaseOption, DataDirOption, JsonOption, WaitOption, examples
from arcwatch.commands.console.output import as_json, say, table

MIGRATE = examples(
    "arcwatch migrate",
    "arcwatch migrate --database-url postgresql://arcwatch@127.0.0.1/arcwatch",
)
SQL = examples(
    "arcwatch sql 'SELECT status, count(*) FROM ingestion_runs GROUP BY status'",
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


def sql(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="One statement that reads.")],
    *,
    data_dir: DataDirOption = None,
    database_url: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Ask the database. Nothing can be changed so: the transaction is read-only.

    It is here for what runbooks ask, so no other program is needed.
    """
    from arcwatch.clients import database
    from arcwatch.clients.running import url_of

    columns, rows = run(database.read(url_of("database_url", data_dir, database_url), query))

    if json:
        as_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        table(columns, rows, empty="no rows")
