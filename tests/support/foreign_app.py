"""Other people's apps: built by vite from a few files, and served at an origin of their own."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from aiohttp import web

from tests.support.browser import DASHBOARD


async def run_node(*command: str | Path, cwd: Path) -> str:
    """Run a program of node's and return what it says; it must succeed."""
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write an app's files."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)


@contextlib.asynccontextmanager
async def served(folder: Path, port: int) -> AsyncIterator[str]:
    """Build an app and serve it; yield its origin."""
    await run_node(DASHBOARD / "node_modules/.bin/vite", "build", "--logLevel", "warn", cwd=folder)
    app = web.Application()
    app.router.add_static("/", folder / "dist")
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
