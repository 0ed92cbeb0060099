"""What is known of models is shown with where it comes from; what an admin sets goes first, and is seen at once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from tests.query_api.conftest import TOKEN, Start
from tests.support.api import Api
from tests.support.writer import DATASET, Writer

BEARER = {"Authorization": f"Bearer {TOKEN}"}
NAMES = "/api/admin/model-names"
GPT = "gpt-5-2-2025-12-11-thinking-xhigh"
GPT_NAMES = {
    "displayName": "GPT-5.2 (xhigh)",
    "provider": "OpenAI",
    "family": "GPT",
    "effort": "xhigh",
    "releaseDate": "2025-12-11",
    "kind": "model",
    "nameSources": dict.fromkeys(("displayName", "provider", "family", "releaseDate", "kind"), "registry")
    | {"effort": "rules"},
}


async def _land(api: Api, writer: Writer, *models: str) -> None:
    for model in models:
        await writer.publish(await writer.ingest(model))
    await api.until_latest(models[-1])


def _of(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in GPT_NAMES}


async def test_the_latest_model_the_list_its_page_and_the_feed_say_the_name_that_people_know(
    api: Api, writer: Writer
) -> None:
    await _land(api, writer, GPT)
    latest = await api.data("/api/metrics/latest-model")
    assert latest["displayLabel"].startswith("Latest: GPT-5.2 (xhigh) (")
    (row,) = await api.data("/api/models")
    page = await api.data(f"/api/models/{DATASET}/{GPT}")
    assert _of(latest) == _of(row) == _of(page) == GPT_NAMES
    async with api.http.get("/feed.atom") as answer:
        assert "<title>GPT-5.2 (xhigh): " in await answer.text()


async def test_two_days_later_the_label_says_so(api: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest(GPT, ingested_at=api.services.projector.now() - timedelta(days=2)))
    await api.until_latest(GPT)
    assert (await api.data("/api/metrics/latest-model"))["displayLabel"] == "Latest: GPT-5.2 (xhigh) (2 days ago)"


async def test_what_nothing_tells_is_null(api: Api, writer: Writer) -> None:
    await _land(api, writer, "my-solver")
    (row,) = await api.data("/api/models")
    unknown = dict.fromkeys(("provider", "family", "effort", "releaseDate", "kind"))
    sources = {**unknown, "displayName": "rules"}
    assert _of(row) == {"displayName": "My Solver", **unknown, "nameSources": sources}


async def test_an_admin_s_word_goes_first_is_seen_at_once_and_can_be_taken_back(
    api: Api, writer: Writer, pool: asyncpg.Pool
) -> None:
    await _land(api, writer, GPT, "my-solver")
    said = {"displayName": "My Solver (v2)", "provider": "My Lab", "kind": "system", "releaseDate": "2026-02-28"}
    with capture_logs() as lines:
        status, body = await api.send("PUT", f"{NAMES}/my-solver", said, **BEARER)
    assert (status, {name: body["data"][name] for name in said}) == (200, said)
    assert body["data"]["datasets"] == [DATASET]
    assert body["data"]["origins"]["provider"].startswith("an admin, 20")
    (line,) = (each for each in lines if each["event"] == "admin.name_set")
    assert (line["by"], line["folder"], line["provider"]) == ("admin at 127.0.0.1", "my-solver", "My Lab")
    latest = await api.data("/api/metrics/latest-model")
    assert latest["displayLabel"].startswith("Latest: My Solver (v2) (")
    assert (latest["nameSources"]["provider"], latest["nameSources"]["family"]) == ("admin", None)
    assert await pool.fetchval("SELECT set_by FROM model_names") == "admin at 127.0.0.1"
    # What is said next replaces it whole.
    await api.send("PUT", f"{NAMES}/my-solver", {"family": "Solvers"}, **BEARER)
    row = next(each for each in await api.data("/api/models") if each["model"] == "my-solver")
    assert (row["displayName"], row["provider"], row["family"]) == ("My Solver", None, "Solvers")
    status, body = await api.send("DELETE", f"{NAMES}/my-solver", **BEARER)
    assert (status, body["data"]["family"], body["data"]["setAt"]) == (200, None, None)
    status, body = await api.send("DELETE", f"{NAMES}/my-solver", **BEARER)
    assert (status, body["detail"][:39]) == (404, "no admin has set a name of 'my-solver';")


async def test_every_folder_is_listed_the_least_known_first(api: Api, writer: Writer) -> None:
    await _land(api, writer, GPT, "claude-9", "my-solver")
    await api.send("PUT", f"{NAMES}/not%20yet there", {"kind": "baseline"}, **BEARER)
    status, body = await api.get(NAMES)
    assert (status, body["total"]) == (200, 4)
    assert [each["folder"] for each in body["data"]] == ["my-solver", "not yet there", "claude-9", GPT]
    first, second, _, last = body["data"]
    assert first["unknown"] == ["provider", "family", "effort", "release_date", "kind"]
    assert (second["datasets"], second["setAt"] is not None, second["kind"]) == ([], True, "baseline")
    assert (last["unknown"], last["setAt"]) == ([], None)
    assert last["origins"]["provider"].startswith("ARC Prize's leaderboard, https://arcprize.org/")
    assert last["origins"]["effort"] == "the folder's name"


async def test_another_replica_sees_it_at_its_next_reconciliation(start: Start, writer: Writer) -> None:
    async with start() as one, start(reconcile_interval_seconds=0.2) as other:
        await _land(one, writer, "my-solver")
        await one.send("PUT", f"{NAMES}/my-solver", {"displayName": "Ours"}, **BEARER)
        await other.until("/api/models", lambda body: [each["displayName"] for each in body["data"]] == ["Ours"])
        await one.send("DELETE", f"{NAMES}/my-solver", **BEARER)
        await other.until("/api/models", lambda body: [each["displayName"] for each in body["data"]] == ["My Solver"])


async def test_a_name_is_there_after_a_restart_and_before_the_operator_s_file(
    start: Start, writer: Writer, tmp_path: Path
) -> None:
    file = tmp_path / "names.toml"
    file.write_text('[[models]]\nfolders = ["a"]\nprovider = "File"\nfamily = "Filed"\n')
    async with start(model_names_file=file) as api:
        await _land(api, writer, "a")
        await api.send("PUT", f"{NAMES}/a", {"provider": "Admin"}, **BEARER)
    async with start(model_names_file=file) as api:
        (row,) = await api.data("/api/models")
    assert (row["provider"], row["family"]) == ("Admin", "Filed")
    assert (row["nameSources"]["provider"], row["nameSources"]["family"]) == ("admin", "file")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"colour": "red"}, "body.colour: is not known here"),
        ({"kind": "robot"}, "body.kind"),
        ({"releaseDate": "soon"}, "body.releaseDate"),
        ({"releaseDate": 0}, "body.releaseDate"),
        ({"releaseDate": "2026-02-28T00:00:00"}, "body.releaseDate"),
        ({"displayName": ""}, "body.displayName"),
        ({"displayName": "x" * 256}, "body.displayName"),
        ({"provider": 3}, "body.provider"),
    ],
)
async def test_what_cannot_be_is_refused(api: Api, body: dict[str, Any], what: str) -> None:
    status, answer = await api.send("PUT", f"{NAMES}/a", body, **BEARER)
    assert (status, what in answer["detail"]) == (400, True), answer
    assert (await api.send("PUT", f"{NAMES}/.git", {"kind": "model"}, **BEARER))[0] == 400


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({}, "say at least one field; DELETE"),
        ({"provider": None}, "say at least one field; DELETE"),
        ({"displayName": " "}, "body.displayName: Value error, it is empty"),
        ({"provider": "a\nb"}, "body.provider: Value error, it holds control characters"),
    ],
)
async def test_what_no_schema_can_say_is_refused_as_at_other_routes(
    api: Api, pool: asyncpg.Pool, body: dict[str, Any], what: str
) -> None:
    status, answer = await api.send("PUT", f"{NAMES}/a", body, **BEARER)
    assert (status, answer["detail"][: len(what)]) == (422, what)
    assert await pool.fetchval("SELECT count(*) FROM model_names") == 0


@pytest.mark.parametrize(("method", "path"), [("PUT", f"{NAMES}/a"), ("DELETE", f"{NAMES}/a")])
async def test_only_who_knows_the_token_changes_anything(api: Api, pool: asyncpg.Pool, method: str, path: str) -> None:
    for headers, status in (({}, 401), ({"Authorization": "Bearer wrong"}, 403)):
        assert (await api.send(method, path, {"kind": "model"} if method == "PUT" else None, **headers))[0] == status
    assert await pool.fetchval("SELECT count(*) FROM model_names") == 0


@pytest.mark.parametrize("folder", ["ä" * 127, "x" * 255, "1-" * 127, "gpt-5 (high)?#&%", "\u202egpt", "e\u0301" * 80])
async def test_folders_of_hostile_names_have_one_everywhere(api: Api, writer: Writer, folder: str) -> None:
    await _land(api, writer, folder)
    latest = await api.data("/api/metrics/latest-model")
    assert latest["displayName"].isprintable()
    assert latest["displayLabel"].startswith(f"Latest: {latest['displayName']} (")
    async with api.http.get("/feed.atom") as answer:
        assert answer.status == 200
    assert [each["folder"] for each in (await api.get(NAMES))[1]["data"]] == [folder]


async def test_a_row_that_no_version_writes_fails_nothing(api: Api, pool: asyncpg.Pool, writer: Writer) -> None:
    await _land(api, writer, "a")
    await pool.execute(
        "INSERT INTO model_names (folder, display_name, provider, set_by) VALUES ('a', $1, 'P', 'psql')", "x" * 300
    )
    api.services.projector.request_reconcile()
    await api.until("/api/models", lambda body: body["data"][0]["provider"] == "P")
    assert (await api.data("/api/models"))[0]["displayName"] == "A"
