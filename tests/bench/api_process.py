"""A server of its own process for the query API's benchmark: ours, or a rival that answers the same bytes."""

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

import asyncpg
import psutil
from aiohttp import web
from common.process import logs
from common.process.gc_tuning import settle
from pydantic import SecretStr
from query_api.app import serving
from query_api.schemas.cached import LatestQuery
from query_api.settings import Settings
from query_api.store import submissions
from query_api.view.answers import Moment, get_latest_model
from query_api.view.projection import State
from query_api.view.snapshot import View

Process = subprocess.Popen[bytes]
_KEY = ("arcprize/arc_agi_v2_public_eval", "model-7")


async def main(kind: str, database_url: str, nats_url: str) -> None:
    """Serve until standard input ends; the first line printed is the base URL."""
    logs.configure("warning", "json", "bench")
    async with _KINDS[kind](database_url, nats_url) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


@asynccontextmanager
async def _ours(database_url: str, nats_url: str) -> AsyncIterator[str]:
    settings = Settings(
        database_url=SecretStr(database_url), nats_url=SecretStr(nats_url), port=0, ops_port=0, log_format="json"
    )
    # The access log goes where a container's would: to a pipe that another process reads.
    async with serving(settings) as (url, *_):
        settle()
        yield url


@asynccontextmanager
async def _bare(database_url: str, nats_url: str) -> AsyncIterator[str]:
    del database_url, nats_url
    body = os.environb[b"BENCH_BODY"]

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    async with _listening(answer) as url:
        yield url


@asynccontextmanager
async def _querying(database_url: str, nats_url: str) -> AsyncIterator[str]:
    del nats_url
    settings = Settings()
    async with asyncpg.create_pool(database_url, min_size=4, max_size=4) as pool:

        async def answer(_: web.Request) -> web.Response:
            # The same answer without a view: one row by its key, and the same shape made of it.
            view = View.of(await submissions.submissions(pool, [_KEY]), None)
            found = get_latest_model(Moment(State(view), datetime.now(UTC), settings), LatestQuery())
            return web.Response(body=found.model_dump_json().encode(), content_type="application/json")

        async with _listening(answer) as url:
            yield url


@asynccontextmanager
async def _listening(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/api/metrics/latest-model", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


_KINDS = {"ours": _ours, "bare": _bare, "querying": _querying}


@contextmanager
def started(kind: str, database_url: str, nats_url: str, body: bytes = b"") -> Iterator[tuple[Process, str]]:
    """Start such a server on the first core; yield its process and its base URL."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.api_process", kind, database_url, nats_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=nowhere,
            env={**os.environ, "BENCH_BODY": body.decode()},
        )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().decode().strip()
        psutil.Process(process.pid).cpu_affinity([0])
        yield process, url
    finally:
        process.communicate()


if __name__ == "__main__":
    logging.getLogger("aiohttp").setLevel(logging.ERROR)
    asyncio.run(main(*sys.argv[1:4]))
