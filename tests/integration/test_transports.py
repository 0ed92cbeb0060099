"""Whichever transport brings the files, and wherever it changes, the same rows, figures and findings are stored."""

import asyncio
import base64
import json
import random
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import web
from common.arc.task_sets import load_task_set
from common.bus import topology
from common.events import ModelDiscovered, ModelIngested
from common.hub import packs
from common.outcomes import TransientError
from ingester.store.session import Session

from tests.support import pipeline as support
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.hub.faults import ConnectionReset, Exchange, Fault, HtmlPage, RateLimited, Status, Trickle
from tests.support.hub.git_faults import (
    CorruptPack,
    CutPack,
    ErrorBand,
    ErrorLine,
    ForeignObjects,
    MissingObjects,
    NoPack,
    PackBomb,
)
from tests.support.ingester_process import ingester_process
from tests.support.pipeline import Pipeline
from tests.support.stored import expected, stored
from tests.support.submissions import V1, V2, answer_file, solved, submission, tasks, unsolved

GIT = "git-upload-pack"
LFS_ABOVE = 60_000
LARGEST = 100_000
SET = load_task_set("ARC2-Eval")
ALL = tasks()
Folder = dict[str, bytes]
Stored = dict[str, list[str]]
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

# What lies in a folder that goes wrong in each way: two files of one content, an empty one, one that is no JSON, one
# of LFS, one that is refused unread, one of no task, and what is no answer.
EVERYTHING: Folder = {
    **{f"{task.id}.json": solved(task) for task in ALL[:6]},
    **{f"{task.id}.json": unsolved(task) for task in ALL[6:9]},
    **{f"{task.id}.json": unsolved(ALL[9]) for task in ALL[9:11]},
    f"{ALL[11].id}.json": b"",
    f"{ALL[12].id}.json": solved(ALL[12])[:-20],
    f"{ALL[13].id}.json": answer_file(ALL[13], right=[0], padding=LFS_ABOVE),
    f"{ALL[14].id}.json": answer_file(ALL[14], right=[0], padding=LARGEST),
    "deadbeef.json": b"[]",
    "results.json": b'{"score": 1}',
    "notes.txt": b"words",
}
WHOLE = json.dumps({task.id: json.loads(solved(task)) for task in ALL[:5]}).encode()
WHOLE_KIND = "one file for all tasks"
FOLDERS: dict[str, Folder] = {
    "everything": EVERYTHING,
    "nested": {f"v2/public_eval/{name}": body for name, body in EVERYTHING.items() if name != "notes.txt"},
    WHOLE_KIND: {"submission.json": WHOLE, "README.md": b"words"},
}
# What asks for files one by one in the middle of a submission, or before its first file came.
FAULTS: dict[str, Fault] = {
    "cut": CutPack(0.5),
    "corrupt": CorruptPack(),
    "corrupt checksum": CorruptPack("checksum"),
    "foreign": ForeignObjects(),
    "bomb": PackBomb(50_000_000),
    "honest bomb": PackBomb(50_000_000, honest=True),
    "some missing": MissingObjects(5),
    "given up": ErrorBand(),
    "error line": ErrorLine(),
    "no pack": NoPack(),
    "page": HtmlPage(),
    "forbidden": Status(403),
    "missing": Status(404),
    "server error": Status(500),
    "rate limited": RateLimited(300),
    "reset": ConnectionReset(),
}
_OF_THIS_RUN = {"id", "run_id", "version_id", "created_at", "ingested_at", "landed_at", "started_at", "completed_at"}
_TABLES = {
    "explanations": "SELECT * FROM explanations",
    "versions": "SELECT * FROM submission_versions",
    "results": "SELECT * FROM task_results",
    "errors": "SELECT * FROM ingestion_errors",
    "runs": "SELECT status, source, total_puzzles, successful, failed, skipped, accuracy_percent, score, error_log,"
    " revision, tree_oid, task_set_version FROM ingestion_runs",
}


# What is stored of a folder whose files come one by one: the same in each test.
_BY_FILE: dict[str, Stored] = {}


@dataclass(frozen=True)
class Deployment:
    """Where ingesters of a test work, each with settings of its own, on a database that begins empty."""

    hub: TestHub
    database_url: str
    nats_url: str

    async def by_file(self, kind: str) -> Stored:
        """Return what is stored of a folder whose files come one by one."""
        if kind not in _BY_FILE:
            _BY_FILE[kind], packs, files = await self.ingest(kind, hf_transport="files")
            assert (packs, files) == (0, _in_git(kind) + _in_lfs(kind))
        return _BY_FILE[kind]

    async def ingest(self, kind: str, **settings: Any) -> tuple[Stored, int, int]:
        """Ingest a folder as a new one; return what is stored, and the requests for packs and for files."""
        self.hub.commit(V2, {f"m/{path}": body for path, body in FOLDERS[kind].items()}, date=AT)
        self.hub.requests.clear()
        options = {"ingest_max_file_bytes": LARGEST, **settings}
        async with support.build(self.hub, self.database_url, self.nats_url, **options) as pipeline:
            announced = await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"))
            assert announced is not None
            found = await everything(pipeline.pool)
            await pipeline.pool.execute(
                "TRUNCATE explanations, submission_versions, task_results, ingestion_errors, ingestion_runs,"
                " staged_rows, version_scores CASCADE"
            )
        return found, self.hub.requests.count(GIT), self.hub.requests.count("/resolve/")


@pytest.fixture
async def deployment(tmp_path: Path, database_url: str, nats_url: str) -> AsyncIterator[Deployment]:
    async with TestHub(tmp_path / "lfs", lfs_above=LFS_ABOVE) as hub:
        hub.commit(V2, {"README.md": b"A dataset of submissions.\n"}, date=AT)
        yield Deployment(hub, database_url, nats_url)


async def everything(pool: asyncpg.Pool) -> Stored:
    """Return all that is stored, but for what differs between two runs in any case."""

    def comparable(row: asyncpg.Record) -> str:
        return repr([(name, value) for name, value in row.items() if name not in _OF_THIS_RUN])

    return {name: sorted(map(comparable, await pool.fetch(query))) for name, query in _TABLES.items()}


def _in_git(kind: str) -> int:
    return 1 if kind == WHOLE_KIND else 13


def _in_lfs(kind: str) -> int:
    return 0 if kind == WHOLE_KIND else 1


@pytest.mark.parametrize("kind", FOLDERS)
@pytest.mark.parametrize("transport", ["auto", "pack"])
async def test_a_pack_stores_to_the_last_digit_what_files_do(deployment: Deployment, transport: str, kind: str) -> None:
    by_file = await deployment.by_file(kind)
    by_pack, packs, files = await deployment.ingest(kind, hf_transport=transport)
    assert by_pack == by_file
    too_few = transport == "auto" and _in_git(kind) == 1
    assert (packs, files) == ((0, 1) if too_few else (1, _in_lfs(kind)))


@pytest.mark.parametrize("mood", FAULTS)
async def test_a_transport_that_changes_in_the_middle_of_a_submission_stores_the_same(
    deployment: Deployment, mood: str
) -> None:
    by_file = await deployment.by_file("everything")
    deployment.hub.faults.add(FAULTS[mood], GIT)
    mixed, packs, files = await deployment.ingest("everything")
    assert mixed == by_file
    assert packs >= 1
    assert (files > 1) == (mood != "corrupt checksum"), "each blob is verified by itself"


async def test_half_of_a_pack_is_not_fetched_again(hub: TestHub, database_url: str, nats_url: str) -> None:
    files = {task: answer_file(task, padding=number) for number, task in enumerate(ALL[:40])}
    hub.commit(V2, submission("m", files))
    hub.faults.add(CutPack(0.5), GIT)
    async with support.build(hub, database_url, nats_url) as pipeline:
        await pipeline.settle()
        assert await stored(pipeline.pool, V2, "m") == expected(files, "m")
        came = pipeline.ingester.hub.transports.files
        assert (0 < came["pack"] < 40, came["pack"] + came["files"]) == (True, 40)
        assert hub.requests.count("/resolve/") == came["files"]


async def test_a_transport_that_changes_in_the_middle_of_a_backlog_changes_nothing_that_is_stored(
    pipeline: Pipeline, hub: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = {f"m{number}": {task: solved(task) for task in ALL[number : number + 6]} for number in range(5)}
    for model, files in models.items():
        hub.commit(V2, submission(model, files))
    await pipeline.sync()
    first, second, third, fourth, fifth = pipeline.published
    transports = pipeline.ingester.hub.transports

    async def requests(*events: ModelDiscovered) -> list[int]:
        hub.requests.clear()
        for event in events:
            assert await pipeline.ingester.ingest(event) is not None
        return [hub.requests.count(GIT), hub.requests.count("/resolve/")]

    assert await requests(first) == [1, 0]
    rule = hub.faults.add(Status(403), GIT)
    assert await requests(second, third) == [1, 12], "the choice is remembered"
    assert transports.current(V2) == "files"
    hub.faults.remove(rule)
    assert await requests(fourth) == [0, 6]
    monkeypatch.setattr(transports, "clock", lambda: time.monotonic() + 3601)
    assert await requests(fifth) == [1, 0]
    for model, files in models.items():
        assert await stored(pipeline.pool, V2, model) == expected(files, model)


async def test_files_already_staged_are_not_asked_for_by_the_next_delivery(
    hub: TestHub, database_url: str, nats_url: str
) -> None:
    files = {task: answer_file(task, padding=number) for number, task in enumerate(ALL[:40])}
    hub.commit(V2, submission("m", files))
    wants = Wants()
    async with support.build(hub, database_url, nats_url, hf_transport="pack") as pipeline:
        await pipeline.sync()
        (event,) = pipeline.published
        rule = hub.faults.add(CutPack(0.5), GIT)
        with pytest.raises(TransientError, match="git: "):
            await pipeline.ingester.ingest(event)
        hub.faults.remove(rule)
        staged = await pipeline.pool.fetchval("SELECT count(DISTINCT puzzle_id) FROM staged_rows")
        assert 0 < staged < 40
        hub.faults.add(wants, GIT)
        assert await pipeline.ingester.ingest(event, 2) is not None
        assert wants.asked == [40 - staged]
        assert await stored(pipeline.pool, V2, "m") == expected(files, "m")
    assert hub.requests.count("/resolve/") == 0


@dataclass
class Wants:
    """Answers right, and notes how many blobs each request wants; `then` answers in its place."""

    then: Fault | None = None
    asked: list[int] = field(default_factory=list)

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        self.asked.append((await exchange.request.read()).count(b"want "))
        return await (self.then.respond(exchange) if self.then else exchange.answer())


async def test_an_ingester_killed_in_the_middle_of_a_pack_leaves_what_it_staged_to_the_next(
    hub: TestHub, database_url: str, nats_url: str
) -> None:
    files = {task: with_noise(task, 20_000) for task in ALL[:40]}
    hub.commit(V2, submission("m", files))
    # Less than half of the submission may be on its way: it is staged, not held for the commit.
    settings = {
        "hf_endpoint": hub.url,
        "hf_datasets": f"{V1},{V2}",
        "database_url": database_url,
        "nats_url": nats_url,
        "ingest_bytes_in_flight": 100_000,
    }
    wants = Wants(Trickle(20.0))
    rule = hub.faults.add(wants, GIT)
    async with support.build(hub, database_url, nats_url) as pipeline:

        async def staged() -> int:
            return int(await pipeline.pool.fetchval("SELECT count(DISTINCT puzzle_id) FROM staged_rows"))

        async with ingester_process(**settings, arcwatch_instance="first") as first:
            await pipeline.sync()
            await eventually(staged, 30)
            await first.kill()
        kept = await staged()
        assert 0 < kept < 40
        hub.faults.remove(rule)
        hub.faults.add(again := Wants(), GIT)
        async with ingester_process(**settings, arcwatch_instance="second"):
            ingested = "SELECT count(*) FROM submission_versions"
            await eventually(lambda: pipeline.pool.fetchval(ingested), topology.ACK_WAIT_SECONDS + 60)
        assert (wants.asked, again.asked) == ([40], [40 - kept])
        assert await stored(pipeline.pool, V2, "m") == expected(files, "m")
    assert hub.requests.count("/resolve/") == 0


def with_noise(task: Any, size: int) -> bytes:
    """Return a file that does not get smaller on its way."""
    noise = base64.b64encode(random.Random(task.id).randbytes(size * 3 // 4))
    return solved(task).replace(b'"because"', b'"%s"' % noise, 1)


async def test_a_writer_that_is_slow_is_no_server_that_stalls(
    hub: TestHub, database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of the pack is on its way than sockets hold, and a COPY takes longer than the server may be silent."""
    silence = 3.0
    files = {task: with_noise(task, 1_000_000) for task in ALL[:12]}
    stage, slow = Session.stage, iter([silence + 0.5])

    async def slowly(self: Session, rows: Iterable[Any]) -> None:
        await asyncio.sleep(next(slow, 0))
        await stage(self, rows)

    monkeypatch.setattr(Session, "stage", slowly)
    monkeypatch.setattr(packs, "IDLE_SECONDS", silence)
    hub.commit(V2, submission("m", files))
    async with support.build(hub, database_url, nats_url, ingest_bytes_in_flight=2_000_000) as pipeline:
        await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"))
        assert await stored(pipeline.pool, V2, "m") == expected(files, "m")
        assert pipeline.ingester.hub.transports.files == {"pack": 12}
    assert next(slow, None) is None, "a COPY was slow"


async def test_force_and_a_dry_run_take_every_file_by_pack(pipeline: Pipeline, hub: TestHub) -> None:
    files = {task: solved(task) for task in ALL[:8]}
    hub.commit(V2, submission("m", files))
    assert await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m", dry_run=True)) is None
    (run,) = await pipeline.pool.fetch("SELECT status, successful, score FROM ingestion_runs")
    assert tuple(run) == ("completed", 8, 8 / 120)
    for table in ("submission_versions", "explanations", "staged_rows", "task_results"):
        assert await pipeline.pool.fetchval(f"SELECT count(*) FROM {table}") == 0, table
    for _ in range(2):
        announced = await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"))
        assert announced is not None
        assert announced.score == 8 / 120
        assert await stored(pipeline.pool, V2, "m") == expected(files, "m")
    assert (hub.requests.count(GIT), hub.requests.count("/resolve/")) == (3, 0)


async def test_a_changed_submission_takes_what_changed(pipeline: Pipeline, hub: TestHub) -> None:
    files = {task: answer_file(task, padding=number) for number, task in enumerate(ALL[:9])}
    hub.commit(V2, submission("m", files))
    await pipeline.settle()
    wants = Wants()
    hub.faults.add(wants, GIT)
    for changed in (ALL[:2], ALL[2:8]):
        files |= {task: solved(task) for task in changed}
        hub.commit(V2, submission("m", files))
        await pipeline.settle()
        assert await stored(pipeline.pool, V2, "m") == expected(files, "m")
    assert (wants.asked, hub.requests.count("/resolve/")) == ([6], 2), "two are not worth a pack"


@pytest.mark.parametrize("delivery", [5, 6])
async def test_what_neither_transport_brings_costs_itself_at_the_sixth_delivery(
    pipeline: Pipeline, hub: TestHub, delivery: int
) -> None:
    files = {task: solved(task) for task in ALL[:8]}
    hub.commit(V2, submission("m", files))
    await pipeline.sync()
    (event,) = pipeline.published
    hub.faults.add(MissingObjects(2), GIT)
    hub.faults.add(Status(404), "/resolve/")
    if delivery == 5:
        with pytest.raises(TransientError, match="2 files stay broken"):
            await pipeline.ingester.ingest(event, delivery)
        return
    announced: ModelIngested | None = await pipeline.ingester.ingest(event, delivery)
    assert announced is not None
    assert (announced.successful, announced.failed) == (6, 2)
    assert set((await pipeline.errors("m")).values()) == {"unavailable"}


async def test_a_pack_that_alone_may_bring_files_fails_the_sixth_delivery(
    hub: TestHub, database_url: str, nats_url: str
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in ALL[:8]}))
    hub.faults.add(Status(403), GIT)
    async with support.build(hub, database_url, nats_url, hf_transport="pack") as pipeline:
        with pytest.raises(TransientError, match="git: the Hub answers 403") as raised:
            await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"), 6)
    assert raised.value.kind == "hub_refused"
    assert hub.requests.count("/resolve/") == 0
