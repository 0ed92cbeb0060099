"""The ingester's memory stays bounded, whatever a submission's size."""

import base64
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from common.arc.task_sets import Task
from common.events import ModelDiscovered

from tests.support import pipeline as support
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.ingester_process import ingester_process
from tests.support.pipeline import Pipeline
from tests.support.submissions import V2, solved, submission, tasks

MEGABYTE = 1024 * 1024
MOST_MEGABYTES = 200


@pytest.fixture
def lfs_above() -> int | None:
    """Say which files are in LFS, and so are downloaded one by one; None where all come by pack."""
    return MEGABYTE


@pytest.fixture
async def hub(tmp_path: Path, lfs_above: int | None) -> AsyncIterator[TestHub]:
    async with TestHub(tmp_path / "hub", lfs_above=lfs_above) as running:
        yield running


@pytest.fixture
async def pipeline(hub: TestHub, database_url: str, nats_url: str) -> AsyncIterator[Pipeline]:
    async with support.build(hub, database_url, nats_url, hf_datasets=(V2,)) as built:
        yield built


def heavy(task: Task, megabytes: int) -> bytes:
    """Return a file that solves the task; the model's own words make up its size."""
    body = solved(task)
    words = "It is mirrored. " * (megabytes * MEGABYTE // body.count(b'"because"') // 16)
    return body.replace(b'"because"', json.dumps(words).encode())


def noisy(task: Task, megabytes: int) -> bytes:
    """Return a file that solves the task; the model's words are as good as noise, which hardly gets smaller."""
    noise = base64.b64encode(random.Random(task.id).randbytes(megabytes * MEGABYTE * 3 // 4))
    return with_words(task, b'"%s"' % noise)


def escaped_emoji(megabytes: int) -> bytes:
    """Return words as json.dumps writes them: one character makes each of them take four bytes."""
    return b'"\\ud83d\\ude00%s"' % (b"It is mirrored. " * (megabytes * MEGABYTE // 16))


def with_words(task: Task, words: bytes) -> bytes:
    """Return a file that solves the task; the model said these words once."""
    return solved(task).replace(b'"because"', words, 1)


Peak = Callable[[Mapping[Task, bytes]], Awaitable[float]]


@pytest.fixture
def peak(pipeline: Pipeline, hub: TestHub, database_url: str, nats_url: str, lfs_above: int | None) -> Peak:
    """Return the most megabytes that an ingester process holds over an ingestion of some files."""

    async def ingest(files: Mapping[Task, bytes]) -> float:
        hub.commit(V2, submission("m", files))
        settings = {"hf_endpoint": hub.url, "hf_datasets": V2, "database_url": database_url, "nats_url": nats_url}
        settings["hf_transport"] = "auto" if lfs_above else "pack"
        async with ingester_process(**settings) as ingester:
            event = ModelDiscovered(dataset=V2, model="m")
            await pipeline.client.jetstream().publish(event.subject, event.model_dump_json().encode())
            await eventually(lambda: pipeline.pool.fetchval("SELECT count(*) FROM submission_versions"), 120)
            return ingester.peak_megabytes()

    return ingest


async def test_forty_files_of_5_mb_and_three_of_15_stay_under_200_mb(pipeline: Pipeline, peak: Peak) -> None:
    files = {task: heavy(task, 5) for task in tasks()[:40]} | {task: heavy(task, 15) for task in tasks()[40:43]}
    assert sum(map(len, files.values())) > 230 * MEGABYTE
    assert await peak(files) < MOST_MEGABYTES
    version = await pipeline.version("m")
    assert (version["tasks_solved"], version["errors"]) == (43, 0)


@pytest.mark.parametrize("lfs_above", [None])
@pytest.mark.parametrize("words", [heavy, noisy])
async def test_files_of_5_mb_by_pack_stay_under_200_mb(
    pipeline: Pipeline, peak: Peak, hub: TestHub, words: Callable[[Task, int], bytes]
) -> None:
    assert await peak({task: words(task, 5) for task in tasks()[:10]}) < MOST_MEGABYTES
    version = await pipeline.version("m")
    assert (version["tasks_solved"], version["errors"]) == (10, 0)
    assert hub.requests.count("/resolve/") == 0


async def test_files_as_heavy_as_one_may_be_stay_under_200_mb_and_heavier_ones_are_refused(
    pipeline: Pipeline, peak: Peak
) -> None:
    every = tasks()
    words = json.dumps("😀 It is mirrored. " * (5 * MEGABYTE // 22), ensure_ascii=False).encode()
    wide = {task: solved(task).replace(b'"because"', words, 1) for task in every[:8]}
    values = b'[{"attempt_1":{"answer":[%s[]]}}]'
    many = dict.fromkeys(every[8:16], values % (b"[]," * 600000))
    refused = dict.fromkeys(every[16:18], values % (b"[]," * 5000000))
    assert await peak(wide | many | refused) < MOST_MEGABYTES
    assert await pipeline.errors("m") == {task.id: "too_complex" for task in every[16:18]}
    assert (await pipeline.version("m"))["tasks_submitted"] == 16


async def test_escaped_characters_and_thousands_of_attempts_stay_under_200_mb(pipeline: Pipeline, peak: Peak) -> None:
    every = tasks()
    wide = {task: with_words(task, escaped_emoji(5)) for task in every[:8]}
    heavier = {task: with_words(task, escaped_emoji(15)) for task in every[8:10]}
    slots = b"{%s}" % b",".join(b'"attempt_%d":[]' % number for number in range(9999))
    many = dict.fromkeys(every[10:30], b"[%s]" % slots)
    assert await peak(wide | heavier | many) < MOST_MEGABYTES
    assert await pipeline.errors("m") == {task.id: "too_complex" for task in every[8:10]}
