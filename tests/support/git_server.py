"""Debian's `git upload-pack` in place of the local Hub's own git server, over the same repositories.

It sends deltas, and signs of life while it looks for them, and words its errors as git does: a second opinion
of what a client must read. What it is not asked for, listings and files, the local Hub goes on to answer.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from localhub.repositories.datasets import STATE

from tests.support.git_command import ENVIRONMENT, git, git_path
from tests.support.hub import TestHub
from tests.support.hub.faults import Exchange
from tests.support.hub.rules import Rule

PIECE = 64 * 1024


def serve_by_debian(hub: TestHub) -> Rule:
    """Let Debian's git answer from now on, until the rule is removed."""
    return hub.faults.add(_UploadPack(hub.datasets.root), r"/(info/refs\?service=git-upload-pack|git-upload-pack\?)")


async def repack(hub: TestHub, repo: str) -> None:
    """Store a repository's objects as deltas of each other: git itself looks for none within a pack."""
    await git("repack", "-a", "-d", "-f", within=hub.datasets.root / STATE / f"{repo}.git")


@dataclass(frozen=True)
class _UploadPack:
    """Not a fault: an answer of another server, given as git-http-backend gives it."""

    root: Path

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        request = exchange.request
        first = request.method == "GET"
        kind = "advertisement" if first else "result"
        body = b"" if first else await request.read()
        stream = web.StreamResponse(headers={"Content-Type": f"application/x-git-upload-pack-{kind}"})
        await stream.prepare(request)
        repository = self.root / STATE / request.match_info["owner"] / f"{request.match_info['name']}.git"
        how = "--http-backend-info-refs" if first else "--stateless-rpc"
        async for piece in _run(how, repository, body, request.headers.get("Git-Protocol", "")):
            await stream.write(piece)
        return stream


async def _run(how: str, repository: Path, body: bytes, protocol: str) -> AsyncIterator[bytes]:
    """Run the command. Where it fails, what it has written so far is all that a client gets to know."""
    process = await asyncio.create_subprocess_exec(
        git_path(),
        *("-c", "uploadpack.allowFilter=true", "upload-pack", how, repository),
        env={**ENVIRONMENT, "GIT_PROTOCOL": protocol},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(body)
        process.stdin.close()
        while piece := await process.stdout.read(PIECE):
            yield piece
    finally:
        if process.returncode is None and not process.stdout.at_eof():
            process.kill()
        await process.wait()
