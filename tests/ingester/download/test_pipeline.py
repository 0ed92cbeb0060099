"""Files are fetched within bounds, and what was fetched is not lost, however a run ends."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import pytest
from common.hub.downloads import RemoteFile
from common.hub.responses import HubRefusedError
from common.outcomes import TransientError
from ingester.download import held, writer
from ingester.download.held import MANY_ROWS, Transform
from ingester.download.pipeline import HELD_SHARE, Download, DownloadPipeline
from ingester.download.writer import HELD_REQUESTS
from ingester.submission.documents import Bytes
from ingester.submission.staged_row import Row, StagedRow

from tests.support.eventually import eventually

ROOM = 100
Rows = Iterable[StagedRow] | AsyncIterable[StagedRow]
DEADLINE = 20.0  # seconds; an end that never comes is what it stands for


class Database:
    """Takes rows by one COPY at a time; those that are staged may be held up."""

    dataset = "owner/name"

    def __init__(self) -> None:
        self.staged: list[str] = []
        self.committed: list[str] = []
        self.at_once = 0
        self.copies: list[int] = []
        self.copying = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def stage(self, rows: Rows) -> None:
        self.copying.set()
        with self._connection():
            rows = [row async for row in rows] if isinstance(rows, AsyncIterable) else rows
            staged = [row[0] for row in rows]
            await self.go_on.wait()
            self.staged += staged
            self.copies.append(len(staged))

    async def instants(self) -> tuple[str, str]:
        return "then", "now"

    async def copy_answers(self, rows: Iterable[StagedRow], revision: str, instants: Sequence[str]) -> None:
        assert (revision, *instants) == ("revision", "then", "now")
        with self._connection():
            copied = [row[0] for row in rows]
            await turns()
            self.committed += copied
            self.copies.append(len(copied))

    @contextmanager
    def _connection(self) -> Iterator[None]:
        self.at_once += 1
        try:
            assert self.at_once == 1, "a connection does one thing at a time"
            yield
        finally:
            self.at_once -= 1


Answer = Callable[[str], Awaitable[None]]
Admit = Callable[[int], Awaitable[None]]


class Downloads:
    """Gives each file's bytes, or what `answer` raises; knows the most that were asked for at once.

    The files before `packed` come in a pack, each after `pack_answer`, which may end the pack by raising EndOfPack.
    """

    def __init__(self, answer: Answer | None = None, packed: int = 0, pack_answer: Answer | None = None) -> None:
        self._answer = answer
        self._packed = packed
        self._pack_answer = pack_answer
        self.pack_closed = False
        self.asked: list[str] = []
        self.came: list[str] = []
        self.at_once = self.most_at_once = 0

    async def download(self, _dataset: str, _revision: str, file: RemoteFile) -> bytearray:
        self.asked.append(file.path)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await asyncio.sleep(0)
            if self._answer:
                await self._answer(file.path)
            self.came.append(file.path)
            return bytearray(file.size)
        finally:
            self.at_once -= 1

    async def download_pack(
        self, _dataset: str, files: Collection[RemoteFile], admit: Admit
    ) -> AsyncGenerator[tuple[RemoteFile, bytes], None]:
        try:
            for file in list(files)[: self._packed]:
                await admit(file.size)
                if self._pack_answer:
                    await self._pack_answer(file.path)
                self.came.append(file.path)
                yield file, bytes(file.size)
        except EndOfPack:
            return
        finally:
            self.pack_closed = True


class EndOfPack(Exception):  # noqa: N818 - a pack that cannot go on is no failure
    """The pack ends early: the other files are to be downloaded."""


class Progress:
    async def advance(self) -> None:
        """No listener."""


def sized(*sizes: int) -> dict[str, RemoteFile]:
    return {f"t{place}": RemoteFile(f"t{place}", size, "oid") for place, size in enumerate(sizes)}


async def collected(
    database: Database,
    downloads: Downloads,
    files: Mapping[str, RemoteFile],
    concurrency: int = 4,
    rows_each: int = 1,
    transform: Transform | None = None,
) -> dict[str, TransientError]:
    def rows_of(task_id: str, _file: RemoteFile, _body: Bytes) -> list[StagedRow]:
        return [(task_id,)] * rows_each

    async with downloading(database, downloads, files, transform or rows_of, concurrency=concurrency) as download:
        return dict(await download.staged())


@asynccontextmanager
async def downloading(
    database: Database,
    downloads: Downloads,
    files: Mapping[str, RemoteFile],
    transform: Transform,
    *,
    concurrency: int = 4,
    may_hold: bool = False,
) -> AsyncIterator[Download]:
    pipeline = DownloadPipeline(cast("Any", downloads), concurrency, ROOM)
    arguments = (cast("Any", database), "revision", files, transform, cast("Any", Progress()))
    async with asyncio.timeout(DEADLINE), pipeline.run(*arguments, may_hold=may_hold) as download:
        yield download


def holding(database: Database, downloads: Downloads, files: Mapping[str, RemoteFile]) -> Any:
    """Run a pipeline that may hold files, each of one answer."""
    return downloading(database, downloads, files, one_answer, may_hold=True)


def one_answer(task_id: str, _file: RemoteFile, _body: Bytes) -> list[StagedRow]:
    return [(task_id, *Row(task_id, model_name="m-attempt1"))]


async def turns() -> None:
    """Let the event loop turn often enough for whatever can go on."""
    for _ in range(50):
        await asyncio.sleep(0)


def failing(error: Exception, *paths: str) -> Answer:
    async def answer(path: str) -> None:
        if not paths or path in paths:
            raise error

    return answer


async def test_the_room_of_files_that_stay_broken_is_given_back() -> None:
    files = sized(*[60] * 10)
    broken = await collected(Database(), Downloads(failing(TransientError("no"))), files)
    assert set(broken) == set(files)


async def test_files_whose_rows_wait_make_room_for_a_large_one() -> None:
    database = Database()
    files = sized(10, 10, 95, 10, 250, 0, 99)
    assert await collected(database, Downloads(), files, concurrency=2) == {}
    assert sorted(database.staged) == sorted(files)


async def test_no_more_files_than_the_limit_are_asked_for_at_once() -> None:
    downloads = Downloads()
    await collected(Database(), downloads, sized(*[1] * 40), concurrency=3)
    assert downloads.most_at_once == 3


async def test_no_more_bytes_than_the_bound_are_on_their_way() -> None:
    async def answer(path: str) -> None:
        del path
        on_their_way.append(30 * (len(downloads.asked) - len(database.staged)))

    on_their_way: list[int] = []
    database, downloads = Database(), Downloads(answer)
    await collected(database, downloads, sized(*[30] * 20), concurrency=10)
    assert max(on_their_way) == 90
    assert database.staged == downloads.came, "in the order of their arrival"


async def test_small_files_of_many_rows_are_written_before_the_next_come() -> None:
    database = Database()
    await collected(database, Downloads(), sized(*[1] * 10), rows_each=MANY_ROWS // 2)
    assert max(database.copies) <= MANY_ROWS


async def test_a_file_that_comes_during_a_copy_waits_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    class Busy(Database):
        async def stage(self, rows: Rows) -> None:
            for _ in range(5):  # turns of the event loop, in which another file or two come
                await asyncio.sleep(0)
            await super().stage(rows)

    monkeypatch.setattr(writer, "COPY_BYTES", 3)
    monkeypatch.setattr(writer, "COPY_SECONDS", 60.0)
    database = Busy()
    await collected(database, Downloads(), sized(*[1] * 20))
    assert len(database.staged) == 20
    assert min(database.copies[:-1]) >= 3


async def test_files_are_transformed_while_a_copy_runs_and_copies_run_one_at_a_time() -> None:
    def transform(task_id: str, _file: RemoteFile, _body: Bytes) -> list[StagedRow]:
        transformed.append(task_id)
        if len(transformed) == 2:
            database.go_on.set()  # the first COPY ends only now
        return [(task_id,)] * MANY_ROWS

    database, transformed = Database(), list[str]()
    database.go_on.clear()
    late = asyncio.get_running_loop().call_later(DEADLINE / 4, database.go_on.set)
    assert await collected(database, Downloads(), sized(1, 1, 1), transform=transform) == {}
    assert len(database.copies) == 3
    assert late.when() > asyncio.get_running_loop().time(), "the first COPY was waited for"


async def test_a_copy_that_fails_ends_the_run_while_files_wait_for_its_room() -> None:
    class Lost(Database):
        async def stage(self, rows: Rows) -> None:
            del rows
            await asyncio.sleep(0)
            raise OSError("connection lost")

    with pytest.raises(OSError, match="connection lost"):
        await collected(Lost(), Downloads(), sized(*[60] * 5), rows_each=MANY_ROWS)


async def test_a_file_is_written_while_others_are_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(path: str) -> None:
        if path != "t0":
            await database.copying.wait()

    monkeypatch.setattr(writer, "COPY_SECONDS", 0.0)
    database = Database()
    assert await collected(database, Downloads(answer), sized(1, 1, 1)) == {}


@pytest.mark.parametrize(
    "answer",
    [HubRefusedError("403"), TransientError("429", kind="rate_limited", retry_after_seconds=900)],
    ids=["refused", "rate-limited"],
)
async def test_a_fatal_answer_aborts_the_run_and_loses_nothing_that_came(answer: TransientError) -> None:
    database, downloads = Database(), Downloads(failing(answer, "t9"))
    with pytest.raises(TransientError) as raised:
        await collected(database, downloads, sized(*[1] * 40), concurrency=3)
    assert raised.value is answer
    assert sorted(database.staged) == sorted(downloads.came)
    assert len(downloads.asked) < 20


@pytest.mark.parametrize("kind", ["rate_limited", "hub_error"])
async def test_an_answer_for_one_file_leaves_the_others(kind: str) -> None:
    answer = TransientError("later", kind=kind, retry_after_seconds=900 if kind == "hub_error" else 10)
    files = sized(*[1] * 40)
    assert await collected(Database(), Downloads(failing(answer, "t9")), files) == {"t9": answer}


@pytest.mark.parametrize("end", ["stopped", "failed"])
async def test_a_copy_under_way_reaches_its_end_when_the_run_does(end: str) -> None:
    async def answer(path: str) -> None:
        if path == "t3":
            await database.copying.wait()
            if end == "failed":
                raise RuntimeError
            running.cancel()

    database = Database()
    database.go_on.clear()
    downloads = Downloads(answer)
    running = asyncio.create_task(collected(database, downloads, sized(60, 60, 60, 1), concurrency=4))
    await asyncio.wait_for(database.copying.wait(), DEADLINE)
    for _ in range(20):  # turns of the event loop, for the end to come while the COPY is held up
        await asyncio.sleep(0)
    database.go_on.set()
    with pytest.raises(asyncio.CancelledError if end == "stopped" else RuntimeError):
        await running
    assert set(downloads.came) - {"t3"} <= set(database.staged)
    assert database.staged


async def test_a_database_lost_at_the_end_does_not_hide_why_the_run_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost(Database):
        async def stage(self, rows: Rows) -> None:
            del rows
            raise OSError("connection lost")

    monkeypatch.setattr(writer, "COPY_SECONDS", 60.0)
    with pytest.raises(RuntimeError, match="why"):
        await collected(Lost(), Downloads(failing(RuntimeError("why"), "t9")), sized(*[1] * 10), concurrency=2)


async def test_what_a_pack_brings_is_not_downloaded_and_what_it_lacks_is() -> None:
    database, downloads = Database(), Downloads(packed=7)
    files = sized(*[1] * 10)
    assert await collected(database, downloads, files) == {}
    assert downloads.asked == ["t7", "t8", "t9"]
    assert sorted(database.staged) == sorted(files)
    assert downloads.pack_closed


async def test_the_room_of_a_file_that_a_pack_announced_and_did_not_bring_is_given_back() -> None:
    database, downloads = Database(), Downloads(packed=3, pack_answer=failing(EndOfPack(), "t2"))
    files = sized(60, 30, 99, 250, 1)
    assert await collected(database, downloads, files) == {}
    assert sorted(downloads.asked) == ["t2", "t3", "t4"]
    assert sorted(database.staged) == sorted(files)


async def test_a_pack_waits_for_room_and_a_file_larger_than_all_of_it_comes_alone() -> None:
    async def answer(path: str) -> None:
        on_their_way.append(sum(files[each].size for each in {path, *downloads.came} - set(database.staged)))

    on_their_way: list[int] = []
    files = sized(*[30] * 10, 250, 95, 0, 10)
    database, downloads = Database(), Downloads(packed=len(files), pack_answer=answer)
    assert await collected(database, downloads, files) == {}
    assert database.staged == list(files)
    assert max(on_their_way) == 250
    assert sorted(set(on_their_way))[-3] <= ROOM


async def test_one_content_at_two_paths_is_two_files() -> None:
    files = {"a": RemoteFile("m/a.json", 1, "oid"), "b": RemoteFile("m/b.json", 1, "oid")}
    database, downloads = Database(), Downloads(packed=2)
    assert await collected(database, downloads, files) == {}
    assert (sorted(database.staged), downloads.asked) == (["a", "b"], [])


async def test_a_pack_that_may_not_be_replaced_ends_the_run_and_loses_nothing_that_came() -> None:
    error = TransientError("no pack", kind="pack_refused")
    database, downloads = Database(), Downloads(packed=5, pack_answer=failing(error, "t3"))
    with pytest.raises(TransientError) as raised:
        await collected(database, downloads, sized(*[1] * 9))
    assert raised.value is error
    assert (database.staged, downloads.asked) == (["t0", "t1", "t2"], [])


@pytest.mark.parametrize("end", ["stopped", "failed"])
async def test_a_run_that_ends_in_the_middle_of_a_pack_closes_it_and_loses_nothing_that_came(end: str) -> None:
    async def answer(path: str) -> None:
        if path == "t3":
            if end == "failed":
                raise RuntimeError
            running.cancel()
            await asyncio.Event().wait()

    database, downloads = Database(), Downloads(packed=5, pack_answer=answer)
    running = asyncio.create_task(collected(database, downloads, sized(*[1] * 9)))
    with pytest.raises(asyncio.CancelledError if end == "stopped" else RuntimeError):
        await running
    assert (database.staged, downloads.asked) == (["t0", "t1", "t2"], [])
    assert downloads.pack_closed


async def test_a_copy_that_fails_ends_a_pack_that_waits_for_its_room() -> None:
    class Lost(Database):
        async def stage(self, rows: Rows) -> None:
            del rows
            await asyncio.sleep(0)
            raise OSError("connection lost")

    downloads = Downloads(packed=5)
    with pytest.raises(OSError, match="connection lost"):
        await collected(Lost(), downloads, sized(*[60] * 5))
    assert downloads.pack_closed


@pytest.mark.parametrize("by_request", [0, HELD_REQUESTS])
async def test_what_a_pack_brings_is_committed_once_all_is_here_and_not_staged(by_request: int) -> None:
    async def answer(path: str) -> None:
        if path == "t5":
            await come.wait()

    come = asyncio.Event()
    files = sized(*[HELD_SHARE * ROOM // 10] * 10)
    database, downloads = Database(), Downloads(packed=10 - by_request, pack_answer=answer)
    async with holding(database, downloads, files) as download:
        completed = asyncio.create_task(download.held.completed())
        await eventually(lambda: asyncio.sleep(0, len(downloads.came) == 5))
        await turns()
        assert not completed.done(), "no transaction waits for files"
        come.set()
        assert await completed
        found = await download.held.commit("revision")
        download.held.clear()
    assert (sorted(database.committed), found.model_names) == (sorted(files), {"m-attempt1"})
    assert database.staged == []


async def committed(database: Database, files: Mapping[str, RemoteFile], transform: Transform) -> None:
    downloads = Downloads(packed=len(files))
    async with downloading(database, downloads, files, transform, may_hold=True) as download:
        assert await download.held.completed()
        await download.held.commit("revision")
        download.held.clear()


async def test_files_are_transformed_while_those_before_them_are_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows_of(task_id: str, file: RemoteFile, body: Bytes) -> list[StagedRow]:
        during.append(database.at_once)
        return one_answer(task_id, file, body)

    monkeypatch.setattr(held, "COPY_BYTES", 2)
    during: list[int] = []
    database = Database()
    await committed(database, sized(*[1] * 6), rows_of)
    assert (database.copies, during) == ([2, 2, 2], [0, 0, 1, 1, 1, 1])


async def test_many_rows_are_committed_before_more_are_made() -> None:
    row = (None, *Row("task", model_name="m-attempt1"))
    database = Database()
    await committed(database, sized(*[1] * 10), lambda *_: [row] * (MANY_ROWS // 2))
    assert database.copies == [MANY_ROWS] * 5


async def test_a_file_that_takes_much_memory_is_read_when_the_rows_before_it_are_committed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def rows_of(task_id: str, file: RemoteFile, body: Bytes) -> list[StagedRow]:
        before[task_id] = len(database.committed)
        return one_answer(task_id, file, body)

    monkeypatch.setattr(held, "is_heavy", lambda body: len(body) > 1)
    before: dict[str, int] = {}
    database = Database()
    await committed(database, sized(1, 1, 2, 2, 1), rows_of)
    assert before == {"t0": 0, "t1": 0, "t2": 2, "t3": 3, "t4": 3}
    assert database.committed == ["t0", "t1", "t2", "t3", "t4"]


@pytest.mark.parametrize("error", [RuntimeError(), asyncio.CancelledError()], ids=["failed", "stopped"])
async def test_what_is_held_is_staged_where_its_commit_fails(error: BaseException) -> None:
    async def ingesting() -> None:
        async with holding(database, Downloads(packed=5), sized(*[1] * 5)) as download:
            assert await download.held.completed()
            await download.held.commit("revision")
            raise error

    database = Database()
    with pytest.raises(type(error)):
        await ingesting()
    assert database.staged == ["t0", "t1", "t2", "t3", "t4"]


async def test_what_is_held_is_staged_where_a_copy_of_its_commit_fails() -> None:
    class Full(Database):
        async def copy_answers(self, rows: Iterable[StagedRow], revision: str, instants: Sequence[str]) -> None:
            await super().copy_answers(rows, revision, instants)
            raise OSError("disk full")

    database, files = Full(), sized(*[1] * 5)
    with pytest.raises(OSError, match="disk full"):
        await committed(database, files, one_answer)
    assert database.staged == list(files)


@pytest.mark.parametrize(
    ("packed", "size", "answer"),
    [
        (10 - HELD_REQUESTS - 1, 1, None),
        (10, HELD_SHARE * ROOM // 10 + 1, None),
        (9, 1, failing(TransientError("no"))),
        (0, 1, None),
    ],
    ids=["many requests", "too large", "broken", "one by one"],
)
async def test_what_is_not_held_is_staged(packed: int, size: int, answer: Answer | None) -> None:
    files = sized(*[size] * 10)
    database = Database()
    async with holding(database, Downloads(answer, packed=packed), files) as download:
        assert not await download.held.completed()
        broken = await download.staged()
        assert sorted([*database.staged, *broken]) == sorted(files)
    assert len(database.staged) == 10 - len(broken)


async def test_what_is_held_is_staged_as_soon_as_a_file_is_broken() -> None:
    async def answer(path: str) -> None:
        if path == "t4":
            raise TransientError("no")
        await database.copying.wait()

    database = Database()
    async with holding(database, Downloads(answer, packed=4), sized(*[1] * 6)) as download:
        assert not await download.held.completed()
        assert set(await download.staged()) == {"t4"}
    assert database.staged == ["t0", "t1", "t2", "t3", "t5"]


@pytest.mark.parametrize("end", ["stopped", "failed"])
async def test_what_is_held_is_staged_where_the_download_ends_early(end: str) -> None:
    async def answer(path: str) -> None:
        if path == "t3":
            if end == "failed":
                raise TransientError("no pack", kind="pack_refused")
            task.cancel()
            await asyncio.Event().wait()

    async def ingesting() -> None:
        async with holding(database, Downloads(packed=5, pack_answer=answer), sized(*[1] * 9)) as download:
            assert not await download.held.completed()
            await download.staged()
            pytest.fail("there is nothing to commit")

    database = Database()
    task = asyncio.create_task(ingesting())
    with pytest.raises(asyncio.CancelledError if end == "stopped" else TransientError):
        await task
    assert database.staged == ["t0", "t1", "t2"]


@pytest.mark.parametrize(
    ("size", "packed", "came"),
    [(5, 4, 4), (5, 5, 5), (9, 5, 9)],
    ids=["by the writer, as one is broken", "at the end, as none is committed", "by the writer, after many requests"],
)
async def test_what_is_held_is_staged_once_where_the_run_is_stopped_meanwhile(
    size: int, packed: int, came: int
) -> None:
    class Unanswered(Database):
        async def stage(self, rows: Rows) -> None:
            await super().stage(rows)
            await answered.wait()

    async def ingesting() -> None:
        downloads = Downloads(failing(TransientError("no"), "t4"), packed)
        async with holding(database, downloads, files) as download:
            await download.held.completed()
            await download.staged()

    answered, database, files = asyncio.Event(), Unanswered(), sized(*[1] * size)
    task = asyncio.create_task(ingesting())
    await asyncio.wait_for(database.copying.wait(), DEADLINE)
    await turns()
    task.cancel()
    await turns()
    answered.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(database.staged) == list(files)[:came]


async def test_a_file_that_waits_for_the_rows_before_it_is_not_lost_where_the_run_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer, "COPY_SECONDS", 0.0)
    monkeypatch.setattr(writer, "is_heavy", lambda body: len(body) > 1)
    database, downloads, files = Database(), Downloads(packed=3), sized(1, 2, 1)
    database.go_on.clear()
    task = asyncio.create_task(collected(database, downloads, files))
    await asyncio.wait_for(database.copying.wait(), DEADLINE)
    await turns()
    assert downloads.came == list(files)
    task.cancel()
    await turns()
    database.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert database.staged == list(files)


@pytest.mark.parametrize("files", [0, HELD_REQUESTS])
async def test_a_few_files_that_come_one_by_one_are_committed_once_all_are_here(files: int) -> None:
    database = Database()
    async with holding(database, Downloads(), sized(*[1] * files)) as download:
        assert await download.held.completed()
        await download.held.commit("revision")
        download.held.clear()
    assert (len(database.committed), database.staged) == (files, [])


async def test_what_is_held_whole_and_not_committed_is_staged() -> None:
    database = Database()
    async with holding(database, Downloads(packed=5), sized(*[1] * 5)) as download:
        assert await download.held.completed()
        await download.staged()
        assert database.staged == ["t0", "t1", "t2", "t3", "t4"]


async def test_rows_that_are_staged_are_in_the_database() -> None:
    class Slow(Database):
        async def stage(self, rows: Rows) -> None:
            await turns()
            await super().stage(rows)

    database = Slow()
    files = sized(*[1] * 5)
    async with downloading(database, Downloads(), files, lambda task_id, _file, _body: [(task_id,)]) as download:
        await download.staged()
        assert sorted(database.staged) == sorted(files)
