"""`arcwatch verify` tells what it verified, what differs and why, to people and to scripts."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.support.deployments import Arcwatch, command
from tests.support.hub import TestHub
from tests.support.hub.faults import Status
from tests.support.pipeline import Pipeline
from tests.support.submissions import V1, V2, solved, submission, tasks

ONE, TWO = tasks()[:2]
Ask = Callable[..., Awaitable[Arcwatch]]


@pytest.fixture
async def ask(pipeline: Pipeline, hub: TestHub, database_url: str) -> Ask:
    for model in ("good", "bad"):
        hub.commit(V2, submission(model, {ONE: solved(ONE)}))
    hub.commit(V1, submission("other", {tasks("ARC1-Eval")[0]: solved(tasks("ARC1-Eval")[0])}))
    await pipeline.settle()
    environment = {"HF_ENDPOINT": hub.url, "DATABASE_URL": database_url, "NO_PROXY": "127.0.0.1", "HF_HUB_OFFLINE": "0"}

    async def run(*arguments: str, **more: str) -> Arcwatch:
        return await command("verify", *arguments, env={**environment, **more})

    return run


def verdicts(run: Arcwatch) -> dict[str, str]:
    found: list[dict[str, Any]] = json.loads("\n".join(run.out))
    return {each["model"]: each["verdict"] for each in found}


async def test_what_differs_is_named_and_is_the_exit_status(pipeline: Pipeline, ask: Ask) -> None:
    done = await ask("--all", "--json")
    assert (done.status, verdicts(done)) == (0, {"good": "verified", "bad": "verified", "other": "verified"})
    await pipeline.pool.execute("UPDATE submission_versions SET score = 0.5 WHERE model = 'bad'")
    done = await ask(V2)
    assert done.status == 1
    lines = "\n".join(done.out)
    assert "wrong_score (score): score is 0.5, recomputed" in lines
    assert "other" not in lines
    assert "[1/2]" in "\n".join(done.err)
    done = await ask(V2, "good", "--json")
    assert (done.status, verdicts(done)) == (0, {"good": "verified"})


async def test_the_hub_is_asked_where_that_is_wanted(hub: TestHub, ask: Ask) -> None:
    done = await ask(V2, "good", "--from", "hub", "--json")
    assert (done.status, verdicts(done)) == (0, {"good": "verified"})
    hub.faults.add(Status(403), "resolve")
    done = await ask(V2, "good", "--from", "hub", "--json")
    assert (done.status, verdicts(done)) == (1, {"good": "not verified"})


async def test_what_cannot_be_meant_is_said(ask: Ask) -> None:
    assert (await ask()).status == 2
    assert (await ask(V2, "--all")).status == 2
    nobody = await ask(V2, "nobody")
    assert (nobody.status, nobody.err) == (1, [f"arcwatch: there is no submission nobody in {V2}; there are bad, good"])
    nowhere = await ask("a/b")
    assert (nowhere.status, nowhere.err) == (
        1,
        [f"arcwatch: there is no dataset a/b in the database; there are {V1}, {V2}"],
    )


async def test_a_database_without_submissions_is_called_so(pipeline: Pipeline, ask: Ask) -> None:
    await pipeline.pool.execute("DELETE FROM submission_versions")
    done = await ask("--all")
    assert (done.status, done.err) == (1, ["arcwatch: there is no submission in the database"])
