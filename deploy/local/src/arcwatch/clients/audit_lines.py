"""The audit log of what commands do at NATS and the database themselves, which no query API sees.

As well as it goes: a command works where the database does not answer, or where none is known, and has no line then.
"""

import asyncio
import contextlib
import getpass
import os
import socket
import sys
import uuid
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from common.database.pool import open_pool
from common.outcomes import StartupError
from common.process.outage import DATABASE_ERRORS, reason_of
from query_api.store import admin_actions
from query_api.store.admin_actions import Deed

from arcwatch.clients.running import running

# A command is not held up for longer by a database that it may not need itself.
_SECONDS = 3.0
_LONGEST_NAME = 64
T = TypeVar("T")


@dataclass
class Told:
    """What is told of a deed at its end."""

    detail: str | None = None


@contextlib.contextmanager
def audited(url: str | None, action: str, **target: object) -> Iterator[Told]:
    """Do what is within between two lines of the log: that it is begun, and how it ended."""
    begun, told = None if url is None else _written(_begin(url, _deed(action, target))), Told()
    try:
        yield told
    except BaseException as error:
        _end(url, begun, "failed", str(error) or type(error).__name__)
        raise
    _end(url, begun, "done", told.detail)


def database_of(data_dir: Path | None, *named: str | None) -> str | None:
    """Return the database with the log: that of the environment, else that of the running deployment.

    Where another server was `named`, the deployment here may be another one: then there is none.
    """
    if given := os.environ.get("DATABASE_URL"):
        return given
    found = None if any(named) else (running(data_dir) or {}).get("database_url")
    return None if found is None else str(found)


def who() -> str:
    """Return who runs the command, as the log names it."""
    return f"cli:{_user()}@{socket.gethostname()}"[:_LONGEST_NAME]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container a user may have no name
        return str(os.getuid())


def _deed(action: str, target: dict[str, object]) -> Deed:
    said = {name: value for name, value in target.items() if value is not None}
    return Deed(who(), socket.gethostname(), action, said, uuid.uuid4().hex)


async def _begin(url: str, deed: Deed) -> int:
    async with open_pool(url, wait_seconds=0) as pool:
        return await admin_actions.begin(pool, deed)


def _end(url: str | None, begun: int | None, outcome: Literal["done", "failed"], detail: str | None) -> None:
    async def end(url: str, begun: int) -> None:
        async with open_pool(url, wait_seconds=0) as pool:
            await admin_actions.end(pool, begun, outcome, detail)

    if url is not None and begun is not None:
        _written(end(url, begun))


def _written(line: Coroutine[Any, Any, T]) -> T | None:
    """Write a line, or say that it could not be."""
    try:
        return asyncio.run(asyncio.wait_for(line, _SECONDS))
    except (*DATABASE_ERRORS, StartupError) as error:
        print(f"not in the audit log: {reason_of(error)}", file=sys.stderr)  # noqa: T201
        return None
