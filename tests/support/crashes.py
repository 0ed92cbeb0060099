"""Ends an ingestion at its n-th call to the database, the Hub or the bus."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from asyncpg import Connection
from asyncpg.pool import PoolConnectionProxy
from common.events import ModelDiscovered
from common.hub.client import HubClient
from common.hub.downloads import Downloads
from common.hub.packs import Packs
from ingester.ingestion.ingest import Ingester
from ingester.ingestion.lock_queue import LockQueue

_STATEMENTS = ("execute", "executemany", "fetch", "fetchrow", "fetchval", "copy_records_to_table")


class PowerCut(Exception):  # noqa: N818 - it is meant
    """Nothing that the process began is answered any more."""


@dataclasses.dataclass
class Crash:
    """Counts calls, and ends the ingestion at the n-th: before the call or, with `after`, once it was answered.

    `cut` ends it like a power cut: no later call is answered. Else it is cancelled, as a stop of the service does.
    """

    cut: bool
    after: bool
    at: int = 0
    calls: int = 0
    dead: bool = False
    task: "asyncio.Task[Any] | None" = None
    connection: Any = None

    async def ingest(self, ingester: Ingester, event: ModelDiscovered, at: int) -> bool:
        """Ingest with an end at the `at`-th call; return False when it got through with fewer calls."""
        return await self.end(self.watched(ingester).ingest(event), at)

    async def deliver(self, waiting: LockQueue, ingester: Ingester, event: ModelDiscovered, at: int) -> bool:
        """Do the same with a delivery and all that it does for requests that wait."""
        crashing = dataclasses.replace(
            waiting, ingest=self.watched(ingester).ingest, publish=self._watched(waiting.publish)
        )
        return await self.end(crashing.deliver(event, 1), at)

    def watched(self, ingester: Ingester) -> Ingester:
        """Return an ingester whose calls to the bus are watched too."""
        return dataclasses.replace(
            ingester, publish=self._watched(ingester.publish), announce=self._watched(ingester.announce)
        )

    async def end(self, work: Coroutine[Any, Any, Any], at: int) -> bool:
        """End some work at the `at`-th call; return False when it got through with fewer calls."""
        self.at, self.calls, self.dead, self.connection = at, 0, False, None
        self.task = asyncio.ensure_future(work)
        await asyncio.wait([self.task])
        ended, self.task = self.task, None
        if self.calls < at:
            ended.result()
            return False
        # Cancelled, cut, or through: an end in the very last call is not seen any more.
        if not ended.cancelled():
            ended.exception()
        return True

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Watch every call of a process."""
        for name in _STATEMENTS:
            monkeypatch.setattr(PoolConnectionProxy, name, self._method(getattr(PoolConnectionProxy, name)))
        # Statements of the pool's connections come this way too when they begin or end a transaction.
        monkeypatch.setattr(Connection, "execute", self._method(Connection.execute))
        monkeypatch.setattr(HubClient, "_call", self._method(HubClient._call))
        monkeypatch.setattr(Downloads, "_once", self._method(Downloads._once))
        monkeypatch.setattr(Packs, "_ask", self._method(Packs._ask))

    def _method(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def watched(this: Any, *arguments: Any, **options: Any) -> Any:
            if self.task is None:
                return await call(this, *arguments, **options)
            if isinstance(this, PoolConnectionProxy):
                self.connection = this
            return await self._watched(call)(this, *arguments, **options)

        return watched

    def _watched(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def watched(*arguments: Any, **options: Any) -> Any:
            if self.dead:
                raise PowerCut
            self.calls += 1
            if self.calls != self.at:
                return await call(*arguments, **options)
            if not self.after:
                self._strike()
            answer = await call(*arguments, **options)
            if self.after:
                self._strike()
            return answer

        return watched

    def _strike(self) -> None:
        if self.cut:
            self.dead = True
            if self.connection is not None:
                self.connection.terminate()
            raise PowerCut
        assert self.task is not None
        self.task.cancel()  # it arrives at the next await
