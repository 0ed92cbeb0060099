"""Whatever happens upstream, and whatever dies meanwhile: after one quiet sync the database equals the Hub."""

import asyncio
import contextlib
import itertools
from collections.abc import Coroutine, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from common import outcomes
from common.events import ModelDiscovered
from common.outcomes import Fail
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ingester.store.runs import Origin, end_event
from nats.aio.msg import Msg

from tests.support import pipeline as support
from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline
from tests.support.submissions import solved, tasks, unsolved

ONE, TWO = tasks()[:2]
MODELS = ("a", "b")
# A revert, a partial upload and a copy are these again, under the same name or another.
CONTENTS: tuple[dict[str, bytes], ...] = (
    {ONE.id: solved(ONE)},
    {ONE.id: unsolved(ONE)},
    {ONE.id: solved(ONE), TWO.id: solved(TWO)},
    {ONE.id: unsolved(ONE), TWO.id: solved(TWO)},
    {ONE.id: b"{", TWO.id: solved(TWO)},
)
RIGHT = {
    (task.id, body): number
    for task in (ONE, TWO)
    for body, number in ((solved(task), len(task.test)), (unsolved(task), 0))
}

NUMBERS = itertools.count()
model, content, which = st.sampled_from(MODELS), st.sampled_from(CONTENTS), st.integers(0, 5)
# One suspension is one await that really waited: an ingestion of a file or two has about forty.
suspensions = st.integers(1, 60)
put = st.tuples(st.just("put"), model, content)
rename = st.tuples(st.just("rename"), model, model)
settled = ("settle",)
settle = st.just(settled)
STEPS = st.lists(
    st.one_of(
        *(put, put, put, rename, rename, settle, settle, settle, settle),
        st.tuples(st.just("delete"), model),
        st.tuples(st.just("squash")),
        st.tuples(st.just("sync")),
        st.tuples(st.just("sync"), suspensions),
        st.tuples(st.just("deliver"), which),
        st.tuples(st.just("deliver"), which, suspensions),
        st.tuples(st.just("deliver_twice"), which),
        st.tuples(st.just("deliver_two"), which, which),
    ),
    min_size=10,
    max_size=24,
)


X, Y = CONTENTS[:2]
# Histories that once ended wrong, or would with a simpler message id.
HARD: tuple[list[tuple[Any, ...]], ...] = (
    [("put", "a", X), settled, ("put", "a", Y), settled, ("put", "a", X)],
    [("put", "a", X), settled, ("rename", "a", "b"), settled, ("rename", "b", "a")],
    [("put", "a", X), settled, ("rename", "a", "b"), settled, ("put", "a", X)],
    [("put", "a", X), ("sync",), ("delete", "a"), ("squash",), ("deliver", 0), ("deliver", 0), ("put", "a", X)],
    [("put", "a", X), settled, ("put", "b", Y), ("sync",), ("rename", "a", "c"), ("squash",), ("deliver", 0)],
)


class PowerCut:
    """Runs a coroutine, and cancels it where it waits for the n-th time."""

    def __init__(self, work: Coroutine[Any, Any, Any], after: int) -> None:
        self.work, self.after = work, after

    def __await__(self) -> Generator[Any, None, Any]:
        inner, forward, argument = self.work.__await__(), "send", None
        for suspension in itertools.count(1):
            try:
                waiting = getattr(inner, forward)(argument)
            except StopIteration as done:
                return done.value
            if suspension == self.after and (task := asyncio.current_task()):
                task.cancel()
            try:
                yield waiting
                forward, argument = "send", None
            except BaseException as error:  # noqa: BLE001 - it is the inner one's to handle
                forward, argument = "throw", error
        raise AssertionError("counting never ends")


@dataclass
class Play:
    """One history on a dataset of its own. `queue` is what the durable delivered: how often, and not settled yet."""

    pipeline: Pipeline
    dataset: str
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    queue: list[tuple[Msg, int]] = field(default_factory=list)

    async def put(self, name: str, content: dict[str, bytes]) -> None:
        gone = self.files.get(name, {}).keys() - content.keys()
        self._commit({**{f"{name}/{task}.json": None for task in gone}, **_paths(name, content)})
        self.files[name] = dict(content)

    async def rename(self, old: str, new: str) -> None:
        if old in self.files and new not in self.files:
            self.pipeline.hub.rename(self.dataset, old, new)
            self.files[new] = self.files.pop(old)

    async def delete(self, name: str) -> None:
        if self.files.pop(name, None):
            self._commit({name: None})

    async def squash(self) -> None:
        self.pipeline.hub.squash(self.dataset)

    async def sync(self, cut_after: int = 0) -> None:
        await _cut(self.pipeline.sync(datasets=(self.dataset,)), cut_after)
        self.queue += [(message, 1) for message in await self.pipeline.delivered()]

    async def deliver(self, place: int, cut_after: int = 0) -> None:
        if place < len(self.queue):
            await self._handle(*self.queue.pop(place), cut_after)

    async def deliver_twice(self, place: int) -> None:
        """Deliver, and lose the ack."""
        if place < len(self.queue):
            message, count = self.queue[place]
            await self._finish(message, count)
            self.queue[place] = (message, count + 1)

    async def deliver_two(self, first: int, second: int) -> None:
        """Deliver two at once, to two ingesters."""
        if max(first, second) < len(self.queue) and first != second:
            taken = [self.queue.pop(place) for place in sorted((first, second), reverse=True)]
            await asyncio.gather(*(self._handle(*each) for each in taken))

    async def settle(self) -> None:
        await self.sync()
        await self.drain()

    async def drain(self) -> None:
        for _ in range(100):
            if not self.queue:
                return
            await self.deliver(0)
        raise AssertionError(f"{len(self.queue)} events never end")

    async def _handle(self, message: Msg, count: int, cut_after: int = 0) -> None:
        if await self._finish(message, count, cut_after):
            await message.ack_sync()
        else:
            self.queue.append((message, count + 1))

    async def _finish(self, message: Msg, count: int, cut_after: int = 0) -> bool:
        """Do what an ingester does with a delivery; tell whether none has to follow."""
        event = ModelDiscovered.model_validate_json(message.data)
        try:
            finished = await _cut(self.pipeline.ingester.ingest(event, count), cut_after)
        except Exception as error:
            verdict = outcomes.consequence(error, count)
            if verdict.unexpected:
                raise
            finished = isinstance(verdict, Fail)
            if finished:
                origin = Origin(event, None, count, "test")
                await end_event(self.pipeline.pool, origin, "failed", verdict.reason)
        return finished

    def _commit(self, changes: dict[str, bytes | None]) -> None:
        self.pipeline.hub.commit(self.dataset, changes)

    async def check(self) -> None:
        """Compare everything that the database says of this dataset with the files upstream."""
        hub, fetch = self.pipeline.hub, self.pipeline.pool.fetch
        versions = await fetch(
            """SELECT id, model, tree_oid, run_id, removed_upstream_at IS NULL AS there FROM submission_versions
            WHERE hf_dataset = $1 AND superseded_at IS NULL""",
            self.dataset,
        )
        current = {row["model"]: row["tree_oid"] for row in versions if row["there"]}
        assert current == {name: hub.oid(self.dataset, name) for name in self.files}
        there = {row["id"]: row["model"] for row in versions if row["there"]}
        results = await fetch("SELECT * FROM task_results WHERE version_id = ANY($1)", list(there))
        found = {(there[row["version_id"]], row["puzzle_id"]): row["pairs_solved"] for row in results}
        bodies = [(name, task, body) for name, files in self.files.items() for task, body in files.items()]
        usable = [each for each in bodies if each[1:] in RIGHT]
        assert found == {(name, task): RIGHT[task, body] for name, task, body in usable}
        rows = await fetch(
            """SELECT model_name, puzzle_id, hf_blob_oid FROM explanations
            WHERE hf_dataset = $1 AND removed_upstream_at IS NULL AND split_part(model_name, '-', 1) = ANY($2)""",
            self.dataset,
            list(self.files),
        )
        assert {tuple(row) for row in rows} == {
            (f"{name}-attempt{number}", task, hub.oid(self.dataset, f"{name}/{task}.json"))
            for name, task, _ in usable
            for number in (1, 2)
        }
        runs = {row["run_id"]: row["model"] for row in versions if row["there"]}
        errors = await fetch(
            "SELECT run_id, puzzle_id FROM ingestion_errors WHERE fatal AND run_id = ANY($1)", list(runs)
        )
        broken = {(name, task) for name, task, body in bodies if (task, body) not in RIGHT}
        assert {(runs[row["run_id"]], row["puzzle_id"]) for row in errors} == broken


async def _cut(work: Coroutine[Any, Any, Any], after: int) -> bool:
    """Do some work; tell whether it came to its end."""

    async def whole() -> bool:
        await work
        return True

    async def cut() -> bool:
        return bool(await PowerCut(whole(), after))

    task = asyncio.create_task(cut() if after else whole())
    await asyncio.wait([task])
    return not task.cancelled() and task.result()


def _paths(name: str, content: dict[str, bytes]) -> dict[str, bytes | None]:
    return {f"{name}/{task}.json": body for task, body in content.items()}


async def play(pipeline: Pipeline, steps: list[tuple[Any, ...]]) -> None:
    dataset = f"arcprize/arc_agi_v2_public_eval_{next(NUMBERS)}"
    pipeline.syncer = replace(pipeline.syncer, datasets=(dataset,))
    chosen = pipeline.ingester.settings.model_copy(update={"hf_datasets": (dataset,)})
    pipeline.ingester = replace(pipeline.ingester, settings=chosen)
    playing = Play(pipeline, dataset)
    await playing.put("stays", CONTENTS[0])  # a dataset that lists nothing at all would be doubted
    for name, *arguments in steps:
        await getattr(playing, name)(*arguments)
    await playing.drain()
    await playing.settle()
    await playing.check()
    assert not playing.queue
    completed = await pipeline.sync(datasets=(dataset,))
    assert completed.datasets[0].unchanged == tuple(sorted(playing.files)), "a second quiet sync finds something"


def test_random_histories_end_equal(database_url: str, nats_url: str, tmp_path: Path) -> None:
    with asyncio.Runner() as runner:

        async def opened() -> tuple[contextlib.AsyncExitStack, Pipeline]:
            stack = contextlib.AsyncExitStack()
            hub = await stack.enter_async_context(TestHub(tmp_path / "hub"))
            return stack, await stack.enter_async_context(support.build(hub, database_url, nats_url))

        stack, pipeline = runner.run(opened())

        @settings(
            max_examples=40,
            deadline=None,
            derandomize=True,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(STEPS)
        def histories(steps: list[tuple[Any, ...]]) -> None:
            runner.run(play(pipeline, steps))

        try:
            for steps in HARD:
                runner.run(play(pipeline, steps))
            histories()
        finally:
            runner.run(stack.aclose())
