"""One submission, and the ways to get it: ours, a plain download, the Hub's own client, a COPY of its bytes."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import quote

import aiohttp
import asyncpg
import huggingface_hub
from common.database.pool import open_pool
from common.events import ModelDiscovered
from common.hub.downloads import RemoteFile
from common.process.gc_tuning import settle
from ingester.ingestion.ingest import Ingester
from ingester.store.statements.models import COMPRESS_WITH_LZ4

from tests.bench.ingestion.ingesters import EMPTY, FILES, PACK, discovered, ingester
from tests.support.submissions import V1


@dataclass
class Subject:
    """A submission. Each way returns the seconds that it took."""

    ingesters: Mapping[str, Ingester]
    pool: asyncpg.Pool
    http: aiohttp.ClientSession
    event: ModelDiscovered
    files: list[RemoteFile]

    async def ingest(self, transport: str) -> float:
        """Ingest into an empty database."""
        await self.pool.execute(EMPTY)
        started = perf_counter()
        await self.ingesters[transport].ingest(self.event)
        return perf_counter() - started

    async def download(self) -> tuple[list[bytes], float]:
        """Download with the ingester's concurrency, and do nothing with what came: the bodies, and the seconds."""
        bodies: list[bytes] = []
        queue = iter(self.files)
        started = perf_counter()
        await asyncio.gather(*(self._fetch(queue, bodies) for _ in range(self._concurrency)))
        return bodies, perf_counter() - started

    async def copy(self, bodies: list[bytes]) -> float:
        """Write the same bytes by one COPY, compressed as ours."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(COMPRESS_WITH_LZ4)
            await connection.execute("CREATE TEMP TABLE floor (body jsonb) ON COMMIT DROP")
            started = perf_counter()
            records = [(body.decode(),) for body in bodies]
            await connection.copy_records_to_table("floor", records=records)
            return perf_counter() - started

    async def copy_rows(self) -> float:
        """Write the rows that the last ingestion wrote by one COPY: they hold the words of the bytes twice."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(COMPRESS_WITH_LZ4)
            rows = [tuple(row) for row in await connection.fetch("SELECT * FROM explanations")]
            await connection.execute("CREATE TEMP TABLE rows (LIKE explanations INCLUDING STORAGE) ON COMMIT DROP")
            started = perf_counter()
            await connection.copy_records_to_table("rows", records=rows)
            return perf_counter() - started

    def snapshot(self) -> float:
        """Have the Hub's own client download the same files, into an empty folder."""
        with tempfile.TemporaryDirectory() as folder:
            started = perf_counter()
            huggingface_hub.snapshot_download(
                V1,
                repo_type="dataset",
                revision=self.event.revision,
                endpoint=self._endpoint,
                cache_dir=folder,
                allow_patterns=f"{self.event.model}/*",
                max_workers=self._concurrency,
            )
            return perf_counter() - started

    async def _fetch(self, queue: Iterator[RemoteFile], bodies: list[bytes]) -> None:
        for file in queue:
            url = f"{self._endpoint}/datasets/{V1}/resolve/{self.event.revision}/{quote(file.path)}"
            async with self.http.get(url) as response:
                bodies.append(await response.read())

    @property
    def _endpoint(self) -> str:
        return self.ingesters[FILES].hub.endpoint

    @property
    def _concurrency(self) -> int:
        return self.ingesters[FILES].settings.ingest_concurrency


@contextlib.asynccontextmanager
async def subject(model: str, **urls: str) -> AsyncIterator[Subject]:
    """Yield a model of the first dataset with an ingester for each transport, as ready as a service's."""
    async with (
        open_pool(urls["database_url"]) as pool,
        aiohttp.ClientSession() as http,
        ingester(pool, PACK, **urls) as by_pack,
        ingester(pool, FILES, **urls) as by_file,
    ):
        settle()  # as the service does
        event = await discovered(by_file.hub, V1, model)
        files = await by_file.hub.files(V1, model, event.revision or "")
        yield Subject({PACK: by_pack, FILES: by_file}, pool, http, event, files)
