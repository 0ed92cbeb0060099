"""The client reads the packs of two servers alike: of the local Hub, and of Debian's git, which sends deltas."""

from contextlib import aclosing

import aiohttp
import pytest
from common.hub.client import HubClient
from common.hub.downloads import RemoteFile
from common.hub.pack_downloads import admit_all
from common.hub.transports import Transports

from tests.support.git_server import repack, serve_by_debian
from tests.support.hub import TestHub
from tests.support.hub.git_client import deltas_in, pack_in, post, wants
from tests.support.submissions import V2, solved, submission, tasks, unsolved

pytestmark = pytest.mark.debian


async def fetched(server: TestHub, files: list[RemoteFile]) -> dict[str, bytes]:
    """Return what packs bring to a client of its own."""
    async with HubClient(server.url, transports=Transports()) as hub:
        async with aclosing(hub.download_pack(V2, files, admit_all)) as pack:
            found = {file.path: body async for file, body in pack}
        assert hub.transports.requests == {"ok": 1}
    return found


@pytest.mark.neighbour(
    "git",
    "a blob that it does not have",
    "it refuses the whole request for it; the client asks again for the others",
)
async def test_a_blob_that_git_does_not_have_costs_a_request(server: TestHub) -> None:
    bodies = submission("model", {task: solved(task) for task in tasks()[:8]})
    server.commit(V2, dict(bodies))
    files = [RemoteFile(path, len(body), server.oid(V2, path)) for path, body in bodies.items() if body]
    serve_by_debian(server)
    async with HubClient(server.url, transports=Transports()) as hub:
        gone = RemoteFile("model/gone.json", 7, "1" * 40)
        async with aclosing(hub.download_pack(V2, [gone, *files], admit_all)) as pack:
            assert {file.path: body async for file, body in pack} == bodies
        assert hub.transports.requests == {"refused": 1, "ok": 1}
        assert hub.transports.current(V2) == "pack"


@pytest.mark.neighbour(
    "git",
    "`git upload-pack` in place of the Hub's server, with deltas",
    "the client reads the same files, byte for byte",
)
@pytest.mark.parametrize("repacked", [False, True], ids=["whole", "deltas"])
async def test_both_servers_bring_the_same_files(server: TestHub, *, repacked: bool) -> None:
    for solve in (unsolved, solved):  # the older version of each file is a base of the newer one's delta
        submitted = submission("model", {task: solve(task) for task in tasks()})
        server.commit(V2, submitted)
    bodies = {path: body for path, body in submitted.items() if body}
    files = [RemoteFile(path, len(body), server.oid(V2, path)) for path, body in bodies.items()]
    if repacked:
        await repack(server, V2)
    assert await fetched(server, files) == bodies
    serve_by_debian(server)
    assert await fetched(server, files) == bodies
    async with aiohttp.ClientSession(server.url) as web:
        _, answer = await post(web, V2, wants({file.blob_oid for file in files}))
    assert (deltas_in(pack_in(answer)) > 0) is repacked
