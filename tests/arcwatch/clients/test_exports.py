"""What `arcwatch export` puts into a folder is whole: else the folder is as it was."""

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from arcwatch.clients import exports
from arcwatch.clients.exports import Progress, export
from arcwatch.errors import DeploymentError
from query_api.store.exports import CONNECT_SECONDS, STATEMENT_SECONDS

ROWS = b"a,b\r\n1,2\r\n"


def packed(files: dict[str, bytes], **wrong: str) -> bytes:
    described = [
        {"name": name, "rows": 1, "bytes": len(data), "sha256": wrong.get("sha256", hashlib.sha256(data).hexdigest())}
        for name, data in files.items()
    ]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr("manifest.json", json.dumps({"files": described}))
    return target.getvalue()


def without_a_manifest() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("tasks.csv", ROWS)
    return target.getvalue()


class Server:
    """Answers with what a test wants next; the last answer stays."""

    def __init__(self) -> None:
        self.answers: list[Callable[[web.Request], Any]] = []
        self.asked: list[dict[str, str]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.query))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        found: web.StreamResponse = await answer(request)
        return found


def whole(data: bytes) -> Callable[[web.Request], Any]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=data)

    return answer


async def broken(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(packed({"tasks.csv": ROWS})[:100])
    assert request.transport is not None
    request.transport.close()
    return response


async def busy(_: web.Request) -> web.Response:
    return web.json_response({"detail": "2 exports are running already"}, status=503, headers={"Retry-After": "7"})


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, str]]:
    server, app = Server(), web.Application()
    app.router.add_get("/export/snapshot", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield server, f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def content(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.name != "manifest.json"}


async def test_a_download_that_breaks_begins_again_and_replaces_an_earlier_one(
    server: tuple[Server, str], tmp_path: Path
) -> None:
    (serving, url), told, waited = server, list[str](), list[float]()
    folder = tmp_path / "new" / "data"
    progress = Progress(again=told.append)
    serving.answers = [whole(packed({"tasks.csv": ROWS, "attempts.csv": b"old"}))]
    await asyncio.to_thread(export, url, {"format": "csv", "model": None}, folder, progress)
    assert content(folder) == {"tasks.csv": ROWS, "attempts.csv": b"old"}
    (folder / "mine.txt").write_text("mine")
    cut_off = packed({"tasks.csv": ROWS})[:-1]
    serving.answers = [busy, whole(cut_off), whole(packed({"tasks.csv": b"new"}))]
    manifest = await asyncio.to_thread(export, url, {"format": "csv"}, folder, progress, waited.append)
    assert content(folder) == {"tasks.csv": b"new", "mine.txt": b"mine"}
    assert json.loads((folder / "manifest.json").read_bytes()) == manifest
    assert waited == [7]
    assert told == [
        "2 exports are running already; it is asked again in 7 s",
        "the download broke (it is no whole archive); it begins again",
    ]
    assert serving.asked[0] == {"format": "csv"}


EVIL = "../evil.csv"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (broken, "the download broke 3 times, at last: "),
        (busy, "2 exports are running already"),
        (whole(b"<html>"), "it is no whole archive"),
        (whole(packed({"tasks.csv": b"new"}, sha256="0" * 64)), "tasks.csv is not what the manifest says"),
        (whole(packed({EVIL: b"new"})), "which is no name of an exported file"),
        (whole(packed({"tasks.csv": b"new"}).replace(b"new", b"old")), "the archive is damaged, .*: export again"),
        (whole(without_a_manifest()), "the archive is damaged, .*: export again"),
    ],
    ids=["broken", "busy", "no archive", "other content", "other folder", "damaged", "no manifest"],
)
async def test_after_a_failure_the_folder_is_as_it_was(
    server: tuple[Server, str], tmp_path: Path, answer: Callable[[web.Request], Any], said: str
) -> None:
    serving, url = server
    folder = tmp_path / "data"
    serving.answers = [whole(packed({"tasks.csv": ROWS}))]
    await asyncio.to_thread(export, url, {}, folder, Progress())
    before = (folder / "manifest.json").read_bytes()
    serving.answers = [answer]
    with pytest.raises(DeploymentError, match=said):
        await asyncio.to_thread(export, url, {}, folder, Progress(), lambda _: None)
    assert content(folder) == {"tasks.csv": ROWS}
    assert (folder / "manifest.json").read_bytes() == before
    assert names(tmp_path) == ["data"]


async def test_who_stops_it_finds_the_folder_as_it_was(server: tuple[Server, str], tmp_path: Path) -> None:
    serving, url = server
    serving.answers = [whole(packed({"tasks.csv": ROWS}))]

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        # In a thread of its own, which hands on what it raises.
        await asyncio.to_thread(export, url, {}, tmp_path, Progress(received=stop))
    assert names(tmp_path) == []


async def test_a_manifest_of_something_else_is_left_alone(server: tuple[Server, str], tmp_path: Path) -> None:
    serving, url = server
    serving.answers = [whole(packed({"tasks.csv": ROWS}))]
    (tmp_path / "manifest.json").write_text("[1]")
    with pytest.raises(DeploymentError, match="is none of an export: name another folder"):
        await asyncio.to_thread(export, url, {}, tmp_path, Progress())
    assert names(tmp_path) == ["manifest.json"]


async def test_a_folder_in_the_place_of_a_file_is_left_alone_and_so_is_all_else(
    server: tuple[Server, str], tmp_path: Path
) -> None:
    serving, url = server
    serving.answers = [whole(packed({"tasks.csv": ROWS}))]
    await asyncio.to_thread(export, url, {}, tmp_path, Progress())
    (tmp_path / "attempts.csv").mkdir()
    serving.answers = [whole(packed({"tasks.csv": b"new", "attempts.csv": b"new"}))]
    with pytest.raises(DeploymentError, match="is a folder, where a file goes"):
        await asyncio.to_thread(export, url, {}, tmp_path, Progress())
    assert (tmp_path / "tasks.csv").read_bytes() == ROWS
    assert sorted(names(tmp_path)) == ["attempts.csv", "manifest.json", "tasks.csv"]


async def test_an_earlier_manifest_that_names_files_elsewhere_takes_none_of_them_away(
    server: tuple[Server, str], tmp_path: Path
) -> None:
    serving, url = server
    serving.answers = [whole(packed({"tasks.csv": ROWS}))]
    (folder := tmp_path / "data").mkdir()
    (tmp_path / "mine.csv").write_text("mine")
    manifest = json.dumps({"files": [{"name": "../mine.csv", "sha256": "0"}]})
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(DeploymentError, match="no name of an exported file"):
        await asyncio.to_thread(export, url, {}, folder, Progress())
    assert (names(folder), (folder / "manifest.json").read_text()) == (["manifest.json"], manifest)
    assert (tmp_path / "mine.csv").read_text() == "mine"


def test_a_server_may_be_silent_for_as_long_as_a_statement_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def opened(*_: str, timeout_seconds: float) -> None:
        waits.append(timeout_seconds)
        raise DeploymentError("enough")

    monkeypatch.setattr(exports, "opened", opened)
    with pytest.raises(DeploymentError, match="enough"):
        export("http://a", {}, tmp_path, Progress())
    assert waits[0] > CONNECT_SECONDS + STATEMENT_SECONDS
