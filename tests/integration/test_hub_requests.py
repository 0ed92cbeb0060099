"""What an ingestion asks of the Hub, request by request, and what becomes of answers that do not fit together."""

import asyncio
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from common.events import ModelDiscovered, ModelIngested
from common.hub.responses import RevisionGoneError
from common.outcomes import TransientError
from localhub.web.download import body_of

from tests.support.hub import TestHub
from tests.support.hub.faults import Exchange, Replace
from tests.support.pipeline import Pipeline
from tests.support.submissions import V2, answer_file, solved, submission, tasks, unsolved

ALL = sorted(tasks(), key=lambda task: task.id)
FIRST, MIDDLE, LAST = ALL[0], ALL[60], ALL[-1]
LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DAY = timedelta(days=1)
FOLDER = ["paths-info/main", "tree"]
"""What main has, and the files at the commit that changed it last: the two questions of a plain ingestion."""
AT_ONCE = ["paths-info/main", "tree/main"]
"""The two questions of a new submission whose files are to come by pack, in either order."""

Files = dict[str, bytes | None]
ANSWERS: Files = submission("m", {FIRST: solved(FIRST), MIDDLE: solved(MIDDLE)})
# The commits, each a day later, what is asked besides, and on which day the answers were published.
DATES: dict[str, tuple[list[Files], list[str], int]] = {
    "answers alone": ([ANSWERS], [], 0),
    "answers alone, of two commits": ([ANSWERS, submission("m", {MIDDLE: unsolved(MIDDLE)})], [], 1),
    "a report, in the same commit": ([ANSWERS | {"m/results.json": b"{}"}], [], 0),
    "a report, later": ([ANSWERS, {"m/results.json": b"{}"}], ["paths-info"], 0),
    "a report, earlier": ([{"m/results.json": b"{}"}, ANSWERS], [], 1),
    "one answer and a report, later": (
        [ANSWERS, submission("m", {MIDDLE: unsolved(MIDDLE)}) | {"m/results.json": b"{}"}],
        ["paths-info"],
        1,
    ),
    "one answer, later than the report": (
        [ANSWERS | {"m/results.json": b"{}"}, submission("m", {MIDDLE: unsolved(MIDDLE)})],
        ["paths-info"],
        1,
    ),
    "many pictures, later": (
        [ANSWERS, {f"m/{number:03}.png": b"\x89PNG" for number in range(250)}],
        ["paths-info", "paths-info"],
        0,
    ),
    "nested answers and a README": (
        [{f"m/v2/{MIDDLE.id}.json": solved(MIDDLE), "m/README.md": b"W"}],
        ["paths-info"],
        0,
    ),
}


def asked(hub: TestHub) -> list[str]:
    """Return what was asked since the last call: the API's routes, and `resolve` for each file.

    Of what is asked at once the order says nothing: those come first by name.
    """
    found = []
    for request in hub.requests:
        kind, _, after = re.sub(r".*/datasets/[^/]+/[^/]+/?", "", request.path).partition("/")
        revision = after.partition("/")[0]
        found.append(f"{kind}/main" if revision == "main" else kind or "head")
    hub.requests.clear()
    return AT_ONCE + found[2:] if sorted(found[:2]) == AT_ONCE else found


async def ingested(pipeline: Pipeline, hub: TestHub, **words: object) -> tuple[ModelIngested | None, list[str]]:
    """Ingest what the sync's event says, with other words; return what came of it, and what was asked."""
    await pipeline.sync()
    (event,) = pipeline.published
    pipeline.published.clear()
    asked(hub)
    return await pipeline.ingester.ingest(event.model_copy(update=words)), asked(hub)


@pytest.mark.parametrize("trigger", ["schedule", "manual"])
async def test_a_new_submission_costs_two_questions_and_its_files(
    pipeline: Pipeline, hub: TestHub, trigger: str
) -> None:
    hub.commit(V2, ANSWERS)
    hub.commit(V2, {"README.md": b"Another commit."})
    words = {"trigger": trigger} | ({"revision": None, "tree_oid": None} if trigger == "manual" else {})
    announced, requests = await ingested(pipeline, hub, **words)
    assert requests == [*AT_ONCE, "resolve", "resolve"]
    assert announced is not None
    assert announced.tree_oid == hub.oid(V2, "m")


@pytest.mark.parametrize("beside", [{}, {"m/results.json": b"{}"}], ids=["plain", "with a report"])
async def test_a_new_submission_costs_three_requests(pipeline: Pipeline, hub: TestHub, beside: Files) -> None:
    hub.commit(V2, submission("m", {task: answer_file(task, padding=place) for place, task in enumerate(ALL)}) | beside)
    announced, requests = await ingested(pipeline, hub)
    assert requests == [*AT_ONCE, "git-upload-pack"]
    assert announced is not None
    assert announced.successful == len(ALL) == 120


async def test_a_changed_submission_costs_the_same(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, ANSWERS)
    await pipeline.settle()
    hub.commit(V2, submission("m", {FIRST: unsolved(FIRST)}))
    assert (await ingested(pipeline, hub))[1] == [*FOLDER, "resolve"]


async def test_old_names_are_looked_for_at_the_head_of_main(pipeline: Pipeline, hub: TestHub) -> None:
    """Copied by one commit and deleted by the next: where the copy is new, the old folder is still there."""
    hub.commit(V2, ANSWERS)
    await pipeline.settle()
    hub.commit(V2, submission("new", {FIRST: solved(FIRST), MIDDLE: solved(MIDDLE)}))
    hub.commit(V2, {"m": None})
    announced, requests = await ingested(pipeline, hub)
    assert requests == [*AT_ONCE, "head", "paths-info", "paths-info"]
    assert announced is not None
    assert {row["model"] for row in await pipeline.pool.fetch("SELECT model FROM submission_versions")} == {"new"}


async def test_a_folder_that_is_gone_has_to_be_left_out_by_two_pinned_answers(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, ANSWERS)
    await pipeline.sync()
    hub.commit(V2, {"m": None})
    (event,) = pipeline.published
    asked(hub)
    assert await pipeline.ingester.ingest(event) is None
    assert asked(hub) == [*AT_ONCE, "head", "paths-info", "paths-info"]


@pytest.mark.parametrize("case", DATES)
async def test_the_date_of_the_answers_costs_a_question_only_where_files_beside_them_leave_it_open(
    pipeline: Pipeline, hub: TestHub, case: str
) -> None:
    commits, besides, day = DATES[case]
    for number, files in enumerate(commits):
        hub.commit(V2, files, date=LONG_AGO + number * DAY)
    announced, requests = await ingested(pipeline, hub)
    assert [each for each in requests if each != "resolve"] == [*AT_ONCE, *besides]
    assert announced is not None
    assert announced.published_at == LONG_AGO + day * DAY


@dataclass(frozen=True)
class LastCommit:
    """Every path's last commit is another one than it is, or is not told."""

    sha: str | None

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        entries = json.loads(body_of(whole))
        for entry in entries:
            entry["lastCommit"] = entry["lastCommit"] | {"id": self.sha} if self.sha else None
        whole.body = json.dumps(entries).encode()
        return whole


@dataclass
class Committed:
    """Something is committed while the request is under way."""

    hub: TestHub
    files: Files

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        await asyncio.to_thread(self.hub.commit, V2, self.files)
        return await exchange.answer()


@pytest.mark.parametrize("which", ["none", "gone", "foreign", "with other content", "before the folder"])
async def test_a_last_commit_that_is_not_the_folders_is_found_out_by_the_listing(
    pipeline: Pipeline, hub: TestHub, which: str
) -> None:
    before = hub.head(V2)
    other = hub.commit(V2, submission("m", {FIRST: unsolved(FIRST)}))
    hub.commit(V2, ANSWERS)
    sha = {"none": None, "gone": "0" * 40, "foreign": "1", "with other content": other, "before the folder": before}
    pipeline.ingester.hub.transports.choice = "files"
    hub.faults.add(LastCommit(sha[which]), "paths-info/main", times=None)
    announced, requests = await ingested(pipeline, hub)
    assert announced is not None
    assert (announced.tree_oid, announced.revision) == (hub.oid(V2, "m"), hub.head(V2))
    assert announced.score_submitted == 1
    assert requests.count("head") == 1


@pytest.mark.parametrize("which", ["gone", "with other content"])
async def test_a_wrong_last_commit_that_was_not_listed_costs_a_delivery(
    pipeline: Pipeline, hub: TestHub, which: str
) -> None:
    """Files that no pack brings are asked for at the commit: where it does not have them, the next listing says so."""
    sha = {"gone": "0" * 40, "with other content": hub.commit(V2, submission("m", {FIRST: unsolved(FIRST)}))}
    hub.commit(V2, ANSWERS)
    hub.faults.add(LastCommit(sha[which]), "paths-info/main", times=None)
    await pipeline.sync()
    (event,) = pipeline.published
    with pytest.raises(TransientError):
        await pipeline.ingester.ingest(event)
    announced = await pipeline.ingester.ingest(event, 2)
    assert announced is not None
    assert (announced.revision, announced.score_submitted) == (hub.head(V2), 1)


async def test_a_listing_of_main_that_is_not_the_folder_is_asked_for_at_its_commit(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, ANSWERS)
    hub.faults.add(Replace(b"[]"), "/tree/main/m", times=1)
    announced, requests = await ingested(pipeline, hub)
    assert requests == [*AT_ONCE, "tree", "resolve", "resolve"]
    assert announced is not None
    assert (announced.tree_oid, announced.score_submitted) == (hub.oid(V2, "m"), 1)


async def test_a_folder_that_changes_between_two_requests_is_ingested_as_it_was_and_then_as_it_is(
    pipeline: Pipeline, hub: TestHub
) -> None:
    sha = hub.commit(V2, ANSWERS)
    oid = hub.oid(V2, "m")
    pipeline.ingester.hub.transports.choice = "files"
    hub.faults.add(Committed(hub, submission("m", {FIRST: unsolved(FIRST)})), f"/tree/{sha}/m", times=1)
    announced, requests = await ingested(pipeline, hub)
    assert requests == [*FOLDER, "resolve", "resolve"]
    assert announced is not None
    assert (announced.tree_oid, announced.revision) == (oid, sha)
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert announced.tree_oid == hub.oid(V2, "m") != oid


@pytest.mark.parametrize("change", [submission("m", {FIRST: unsolved(FIRST)}), {"m": None}], ids=["changed", "gone"])
async def test_a_folder_that_changes_before_main_could_be_listed_is_asked_for_again_in_a_second(
    pipeline: Pipeline, hub: TestHub, change: Files
) -> None:
    hub.commit(V2, ANSWERS)
    event = ModelDiscovered(dataset=V2, model="m", trigger="schedule")
    pipeline.ingester.hub.transports.choice = "files"
    hub.faults.add(LastCommit("0" * 40), "paths-info/main", times=1)
    hub.faults.add(Committed(hub, change), "/tree/", times=1)
    with pytest.raises(RevisionGoneError, match="changed while it was listed") as raised:
        await pipeline.ingester.ingest(event)
    assert raised.value.retry_after_seconds == 1
    announced = await pipeline.ingester.ingest(event, 2)
    assert (announced and announced.tree_oid) == (None if change == {"m": None} else hub.oid(V2, "m"))
