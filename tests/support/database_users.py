"""One database as each service's own user reaches it, made as the job `migrate` makes them."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import asyncpg
from common import provision

from tests.support.postgres import TestPostgres

ROLES = ("writer", "reader", "watcher", "notifier")


@dataclass(frozen=True)
class Urls:
    """One database as each of its users reaches it; the owner is what compose had at first: a superuser."""

    owner: str
    writer: str
    reader: str
    watcher: str
    notifier: str

    async def provision(self, nats_url: str) -> None:
        await provision.provision(
            provision.Settings(
                database_url=self.owner,
                database_writer_url=self.writer,
                database_reader_url=self.reader,
                database_watcher_url=self.watcher,
                database_notifier_url=self.notifier,
                nats_url=nats_url,
            )
        )


@asynccontextmanager
async def users_of(postgres: TestPostgres, database_url: str, password: str = "it's a secret") -> AsyncIterator[Urls]:
    """Yield URLs of users that are still to be made, and drop these at the end."""
    owner = postgres.superuser_url(urlsplit(database_url).path.lstrip("/"))
    names = [f"{role}_{uuid.uuid4().hex}" for role in ROLES]
    assert "postgres@" in owner
    yield Urls(owner, *(owner.replace("postgres@", f"{name}:{quote(password)}@", 1) for name in names))
    connection = await asyncpg.connect(owner)
    for name in names:
        if await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name):
            await connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")
    await connection.close()
