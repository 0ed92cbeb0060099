"""Keeps one PostgreSQL for a whole test run: started by the first process that needs it, gone after the last.

Every process of the run holds a shared lock on the file `users`; the kernel gives it back however the process ends.
The keeper stops the server once it gets that lock for itself, so that nothing is left even after `kill -9`.
Run as `python -m tests.support.postgres_keeper RUN_DIR`.
"""

import asyncio
import fcntl
import json
import shutil
import sys
import tempfile
from pathlib import Path

from arcwatch.embedded.postgres import SUPERUSER, PostgresServer
from common.database.schema import migrate

from tests.support.postgres import FAST

_LOOKS_EVERY_SECONDS = 0.1
# Eight workers with pools of a few connections each, several services in one test.
_SETTINGS = {**FAST, "max_connections": "300", "autovacuum": "off", "max_wal_size": "4GB"}


async def keep(run: Path) -> None:
    """Run the server until no test process uses it."""
    with (run / "users").open("a") as users:
        home = Path(tempfile.mkdtemp(prefix="arcwatch-pg-"))
        server = PostgresServer(home, _SETTINGS, log=run / "postgres.log")
        try:
            await server.start()
            await migrate(server.url())
            _publish(run, server)
            while not _unused(users.fileno()):  # noqa: ASYNC110 - the kernel has no event for a lock
                await asyncio.sleep(_LOOKS_EVERY_SECONDS)
            (run / "postgres.json").unlink(missing_ok=True)
        finally:
            await server.stop()
            shutil.rmtree(home, ignore_errors=True)


def _publish(run: Path, server: PostgresServer) -> None:
    ready = run / "postgres.json.new"
    ready.write_text(json.dumps({"superuser": server.url("{database}", SUPERUSER), "owner": server.url("{database}")}))
    ready.rename(run / "postgres.json")


def _unused(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    asyncio.run(keep(Path(sys.argv[1])))
