"""The database as commands and the deployment bring it up to date, saying what they wait for, and look into it."""

from collections.abc import Callable, Collection
from typing import Any

from common.database import schema
from common.database.connect import CLOSE_SECONDS, Connector
from common.database.waiting import log_wait, parsed, with_retries
from common.process.choices import no_such

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 60.0


async def migrate(url: str, patience_seconds: float, say: Callable[[str], object]) -> list[str]:
    """Apply the migrations that are missing, and return their names."""

    def on_wait(*, host: str, reason: str, gives_up_in_seconds: int) -> None:
        say(f"waiting for the database at {host}, for up to {gives_up_in_seconds} s more: {reason}")

    return await schema.migrate(url, wait_seconds=patience_seconds, on_wait=on_wait)


async def read(url: str, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the columns and rows that one statement answers with, in a transaction that can change nothing."""
    target = parsed(url)
    connector = Connector(target, command_seconds=_READ_SECONDS, seconds=_CONNECT_SECONDS, statement_cache_size=0)
    connection = await with_retries(connector, target.where, 0, log_wait)
    try:
        async with connection.transaction(readonly=True):
            # Prepared: so the server takes one statement, and none that ends this transaction.
            statement = await connection.prepare(query)
            columns = [each.name for each in statement.get_attributes()]
            return columns, [tuple(row) for row in await statement.fetch()]
    finally:
        await connection.close(timeout=CLOSE_SECONDS)


def missing(keys: Collection[tuple[str, str]], dataset: str | None, model: str | None) -> str:
    """Say that no submission was found, where these are all that there are: which part of the name is wrong."""
    if dataset is None:
        return "there is no submission in the database"
    datasets = {each for each, _ in keys}
    if dataset not in datasets:
        return no_such("dataset", dataset, datasets, "the database")
    return no_such("submission", model, {each for of, each in keys if of == dataset}, dataset)
