"""`arcwatch models` and `arcwatch runs` show what the query API says: filtered, sorted, one by one, and to the end."""

import asyncio
import json
import threading
from typing import Any

import asyncpg
import pytest
from arcwatch.commands import watch
from common.events import IngestionProgress, body_of
from nats.aio.client import Client

from tests.support.api import Api
from tests.support.cli import Ran, arcwatch
from tests.support.writer import DATASET, Writer


def document(run: Ran) -> Any:
    assert (run.status, run.err) == (0, [])
    return json.loads("\n".join(run.out))


async def complete(api: Api, line: str) -> list[str]:
    words = f"arcwatch {line}"
    env = {"_ARCWATCH_COMPLETE": "complete_bash", "COMP_WORDS": words, "ARCWATCH_URL": api.url}
    run = await arcwatch(env={**env, "COMP_CWORD": str(len(words.split(" ")) - 1)})
    assert run.err == []
    return [each for each in run.out if each]


async def test_models_are_listed_filtered_sorted_shown_and_completed(api: Api, writer: Writer) -> None:
    await writer.publish(
        await writer.ingest("gpt-a", score=0.25, cost=3.0),
        await writer.ingest("gpt-b", score=0.125, cost=1.0),
        await writer.ingest("evil $(reboot)", dataset="other/set", score=0.5, cost=2.0),
        await writer.ingest("claude", score=0.75, cost=None, failed=2),
    )
    await api.until_latest("claude")

    async def folders(*options: str) -> list[str]:
        return [row["model"] for row in document(await arcwatch("models", "ls", "--url", api.url, "--json", *options))]

    assert await folders() == ["claude", "evil $(reboot)", "gpt-a", "gpt-b"]
    assert await folders("--search", "GPT") == ["gpt-a", "gpt-b"]
    assert await folders("--search", "GPT", "--asc") == ["gpt-b", "gpt-a"]
    assert await folders("--sort", "cost") == ["gpt-b", "evil $(reboot)", "gpt-a", "claude"]
    assert await folders("--sort", "cost", "--desc", "--limit", "2") == ["gpt-a", "evil $(reboot)"]
    assert await folders("--sort", "ingested") == ["claude", "evil $(reboot)", "gpt-b", "gpt-a"]
    assert await folders("--sort", "name", "--dataset", DATASET) == ["claude", "gpt-a", "gpt-b"]
    assert await folders("--status", "partial") == ["claude"]

    table = await arcwatch("models", "ls", "--url", api.url, "--limit", "1")
    assert table.out[0].split()[:4] == ["NAME", "MODEL", "DATASET", "SCORE"]
    assert table.out[1].split()[1:4] == ["claude", DATASET, "75.0%"]
    assert table.err == ["1 of 4; --limit shows more"]
    none = await arcwatch("models", "ls", "--url", api.url, "--search", "nothing")
    assert (none.status, none.out) == (0, ["no model is like that"])
    unknown = await arcwatch("models", "ls", "--url", api.url, "--dataset", "nope")
    assert (unknown.status, len(unknown.err)) == (1, 1)
    assert "there is no dataset nope; there are" in unknown.err[0]

    shown = await arcwatch("models", "show", DATASET, "gpt-a", "--url", api.url)
    facts = {line.partition("  ")[0]: line.partition("  ")[2].strip() for line in shown.out}
    assert (facts["model"], facts["cost"], facts["status"]) == ("gpt-a", "$3.00", "completed")
    assert facts["score"].startswith("25.00% of 120 tasks, 95% interval ")
    assert any(line.startswith("INGESTED ") for line in shown.out)
    detail = document(await arcwatch("models", "show", DATASET, "gpt-a", "--url", api.url, "--json"))
    assert (detail["model"], len(detail["versions"])) == ("gpt-a", 1)
    gone = await arcwatch("models", "show", DATASET, "nope", "--url", api.url)
    assert (gone.status, len(gone.err)) == (1, 1)
    assert "there is no submission 'nope'" in gone.err[0]

    assert await complete(api, "models sh") == ["show"]
    assert await complete(api, "models show ") == sorted([DATASET, "other/set"])
    assert await complete(api, f"models show {DATASET} g") == ["gpt-a", "gpt-b"]
    assert await complete(api, "models show other/set ") == []
    assert await complete(api, "runs show 1") == ["1"]
    assert await complete(api, "models ls --sort la") == ["landed"]


async def set_run(pool: asyncpg.Pool, run_id: int, **values: Any) -> None:
    changes = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, 2))
    await pool.execute(f"UPDATE ingestion_runs SET {changes} WHERE id = $1", run_id, *values.values())


async def test_runs_are_listed_and_shown(api: Api, writer: Writer, pool: asyncpg.Pool) -> None:
    first = (await writer.ingest("gpt-a")).run_id
    second = (await writer.ingest("claude")).run_id
    await set_run(pool, first, status="failed", error_log="no such folder\nmore", duration_ms=9_000, failed=3)

    async def ids(*options: str) -> list[int]:
        return [run["id"] for run in document(await arcwatch("runs", "ls", "--url", api.url, "--json", *options))]

    assert await ids() == [second, first]
    assert await ids("--asc") == [first, second]
    assert await ids("--sort", "took") == [first, second]
    assert await ids("--status", "failed") == [first]
    assert await ids("--search", "CLAU") == [second]
    listed = await arcwatch("runs", "ls", "--url", api.url)
    assert listed.out[0].split()[:4] == ["ID", "MODEL", "DATASET", "STATUS"]
    assert listed.err == [f"run {first}: no such folder"]
    shown = await arcwatch("runs", "show", str(first), "--url", api.url)
    facts = {line.partition("  ")[0]: line.partition("  ")[2].strip() for line in shown.out}
    assert (facts["model"], facts["status"], facts["took"]) == ("gpt-a", "failed", "9.0 s")
    assert facts["log"] == "no such folder\\nmore"
    assert document(await arcwatch("runs", "show", str(first), "--url", api.url, "--json"))["status"] == "failed"
    none = await arcwatch("runs", "show", "999", "--url", api.url)
    assert (none.status, none.err) == (1, ["arcwatch: there is no run 999; `arcwatch runs ls` lists the latest"])
    for kind, fatal in (("not_json", True), ("text_replaced", False)):
        await pool.execute(
            "INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal) VALUES ($1, 'task', $2, 'why', $3)",
            first, kind, fatal,
        )  # fmt: skip
    errors = ("runs", "errors", str(first), "--url", api.url)
    found = document(await arcwatch(*errors, "--severity", "note", "--search", "WHY", "--json"))
    assert [each["kind"] for each in found["errors"]] == ["text_replaced"]
    none = await arcwatch(*errors, "--kind", "not_utf8")
    assert (none.status, none.err) == (0, ["none of them is like that"])
    clean = await arcwatch("runs", "errors", str(second), "--url", api.url)
    assert clean.out == ["nothing was wrong with its files"]


async def test_a_run_is_watched_to_its_end_and_the_exit_status_says_how_it_was(
    api: Api, writer: Writer, pool: asyncpg.Pool, bus: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY_SECONDS", 0.05)
    run_id = (await writer.ingest("gpt-a")).run_id
    await set_run(pool, run_id, status="running", request_ids=["request-1"])
    told = IngestionProgress(run_id=run_id, dataset=DATASET, model="gpt-a", done=3, total=7)
    await bus.publish(told.subject, body_of(told))
    path = f"/api/admin/ingestion-history?run={run_id}"
    found = await api.until(path, lambda body: body["runs"][0]["progress"])
    assert found["runs"][0]["progress"] == {"done": 3, "total": 7}

    late = await arcwatch("runs", "watch", str(run_id), "--timeout", "1", "--url", api.url)
    assert (late.status, late.out) == (124, [f"{run_id} gpt-a: running"])
    assert late.err == [f"{run_id} gpt-a: running", "not done after 1 s"]

    looked, look = threading.Event(), watch.look

    def look_and_tell(*of: Any) -> watch.Seen:
        seen = look(*of)
        looked.set()
        return seen

    monkeypatch.setattr(watch, "look", look_and_tell)
    watching = asyncio.create_task(arcwatch("runs", "watch", "--url", api.url))
    assert await asyncio.to_thread(looked.wait, 60)
    await set_run(pool, run_id, status="partial", failed=2, score=0.5)
    done = await watching
    assert (done.status, done.out) == (3, [f"{run_id} gpt-a: partial: 50.0% of the set, 2 files could not be used"])

    statuses = {}
    # As a newer version may call an end.
    await pool.execute("ALTER TABLE ingestion_runs DROP CONSTRAINT ingestion_runs_status_check")
    for status in ("completed", "failed", "skipped", "of tomorrow"):
        await set_run(pool, run_id, status=status, error_log=f"it {status}")
        run = await arcwatch("runs", "watch", str(run_id), "--url", api.url)
        statuses[status] = (run.status, run.out)
    assert statuses == {
        "completed": (0, [f"{run_id} gpt-a: completed: 50.0% of the set, 2 files could not be used"]),
        "failed": (1, [f"{run_id} gpt-a: failed: it failed"]),
        "skipped": (4, [f"{run_id} gpt-a: skipped: it skipped"]),
        "of tomorrow": (5, [f"{run_id} gpt-a: unknown: it of tomorrow"]),
    }
    await set_run(pool, run_id, status="skipped")
    by_request = await arcwatch("runs", "watch", "request-1", "--url", api.url, "--json")
    (only,) = json.loads("\n".join(by_request.out))
    assert (by_request.status, only["watched"], only["state"]) == (4, "request-1", "skipped")
    idle = await arcwatch("runs", "watch", "--url", api.url)
    assert (idle.status, idle.out, idle.err) == (0, [], ["no run goes on now"])
