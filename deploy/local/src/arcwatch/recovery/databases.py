"""The database that a command is about: named, that of the running deployment, or that of one that stands still."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from arcwatch.clients import running
from arcwatch.embedded.postgres import PostgresServer
from arcwatch.errors import DeploymentError


@contextlib.asynccontextmanager
async def database(data_dir: Path | None, given: str | None, *, make: bool = False) -> AsyncIterator[str]:
    """Yield its URL. The server of a folder in which nothing runs is started until the block ends.

    Where the folder holds no database, one is made if `make` says so.
    """
    if given or running.running(data_dir) is not None:
        yield running.url_of("database_url", data_dir, given)
        return
    place = running.chosen(data_dir)
    home = place.path / "postgres"
    if not (make or home.exists()):
        raise DeploymentError(f"there is no database in {place.path}: name its folder (--data-dir) or --database-url")
    place.prepare()
    with place.locked() as lock:
        server = PostgresServer(home, log=place.logs / "postgresql.log", hold=(lock,))
        await server.start()
        try:
            yield server.url()
        finally:
            await server.stop()
