"""Files come by packs, verified, or end early within seconds and for a while: whatever the server of git does."""

from collections.abc import AsyncIterator, Collection
from contextlib import aclosing

import pytest
from common.hub.client import HubClient
from common.hub.downloads import RemoteFile
from common.hub.transports import Transports

from tests.support.hub import TestHub

DATA = "owner/data"
SECRET = "hf_secret"
BODIES = {f"model/{number}.json": b"[%d]" % number * 500 for number in range(6)}
GIT = "git-upload-pack"


@pytest.fixture
async def files(server: TestHub) -> list[RemoteFile]:
    server.commit(DATA, dict(BODIES))
    return [RemoteFile(path, len(body), server.oid(DATA, path)) for path, body in BODIES.items()]


@pytest.fixture
async def hub(server: TestHub) -> AsyncIterator[HubClient]:
    async with HubClient(server.url, transports=Transports()) as opened:
        yield opened


async def fetched(hub: HubClient, files: Collection[RemoteFile]) -> dict[str, bytes]:
    """Return what packs bring of these files, by path."""
    admitted: list[int] = []

    async def admit(size: int) -> None:
        admitted.append(size)

    async with aclosing(hub.download_pack(DATA, files, admit)) as pack:
        found = {file.path: body async for file, body in pack}
    assert admitted == [len(body) for body in found.values()]
    return found


async def test_all_files_come_by_one_request(hub: HubClient, server: TestHub, files: list[RemoteFile]) -> None:
    assert await fetched(hub, files) == BODIES
    assert server.requests.count() == server.requests.count(GIT) == 1
    assert hub.transports.current(DATA) == "pack"
    assert hub.transports.requests == {"ok": 1}
    assert hub.transports.files == {"pack": len(files)}
