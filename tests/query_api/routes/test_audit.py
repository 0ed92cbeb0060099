"""Who did what is written down before it is done, and nothing is done that is not; tokens have names."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from common.bus.topology import DEAD_STREAM, STREAM
from common.events import SyncRequested
from common.outcomes import StartupError
from nats.aio.client import Client
from query_api.routes.console.admin_tokens import AdminTokens

from tests.query_api.conftest import SECRET, TOKEN, Start
from tests.query_api.routes.test_dead_letter_routes import dead_letter
from tests.support.api import Api
from tests.support.cli import arcwatch
from tests.support.writer import DATASET

BEARER = {"Authorization": f"Bearer {TOKEN}"}
AUDIT = "/api/admin/audit"


async def log_of(api: Api, query: str = "") -> list[dict[str, Any]]:
    status, body = await api.get(f"{AUDIT}{query}", **BEARER)
    assert status == 200, body
    return list(body["data"])


def short(line: dict[str, Any]) -> tuple[str, str, str]:
    return line["actor"], line["action"], line["outcome"]


async def test_every_deed_is_on_the_list_with_who_what_and_how_it_ended(
    start: Start, bus: Client, tmp_path: Path
) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# of the team\nada:ada's token\ngrace:sha256:{sha256(b'secret of grace').hexdigest()}\n")
    await dead_letter(bus, 1)
    await dead_letter(bus, 2, subject="model.ingested")
    async with start(admin_tokens_file=file) as api:
        ada, grace = ({"Authorization": f"Bearer {each}"} for each in ("ada's token", "secret of grace"))
        await api.post("/api/admin/sync", {"dataset": DATASET}, **ada)
        await api.send("PUT", "/api/admin/model-names/m", {"provider": "P"}, **{**grace, "X-Request-Id": "mine"})
        await api.send("DELETE", "/api/admin/model-names/m", **grace)
        await api.post("/api/admin/dead-letters/replay", {"all": True, "dryRun": True}, **ada)
        await api.post("/api/admin/dead-letters/replay", {"all": True}, **ada)
        await api.post("/api/admin/dead-letters/drop", {"all": True}, **BEARER)
        await api.post("/api/admin/sync", {"dataset": "not/watched"}, **ada)
        found = await log_of(api)
        assert list(map(short, found)) == [
            ("admin", "dead_letters.drop", "done"),
            ("ada", "dead_letters.replay", "done"),
            ("grace", "model_names.unset", "done"),
            ("grace", "model_names.set", "done"),
            ("ada", "sync", "done"),
        ]
        assert (found[1]["target"], found[1]["detail"][:20]) == ({"sequences": [1, 2]}, "2: it was published ")
        assert (found[3]["target"], found[3]["requestId"], found[3]["address"]) == (
            {"folder": "m", "provider": "P"}, "mine", "127.0.0.1",
        )  # fmt: skip
        message = await bus.jetstream().get_last_msg(STREAM, "sync.requested")
        assert SyncRequested.model_validate_json(message.data or b"").requested_by == "ada at 127.0.0.1"
        assert list(map(short, await log_of(api, "?actor=grace&limit=1"))) == [("grace", "model_names.unset", "done")]
        assert list(map(short, await log_of(api, "?limit=1&offset=1"))) == [("ada", "dead_letters.replay", "done")]
        assert (await api.get(AUDIT))[0] == 401

        run = await arcwatch("audit", "ls", "--actor", "ada", "--url", api.url, env={"ADMIN_TOKEN": "ada's token"})
        assert (run.status, len(run.out), "dead_letters.replay" in run.out[1]) == (0, 3, True)


async def test_what_the_hubs_webhook_asks_for_is_on_the_list_and_is_asked_for_without_it_too(
    api: Api, bus: Client, pool: asyncpg.Pool
) -> None:
    body = {"event": {"action": "update", "scope": "repo.content"}, "repo": {"type": "dataset", "name": DATASET}}
    headers = {"X-Webhook-Secret": SECRET, "Webhook-Id": "one"}
    assert (await api.post("/webhooks/huggingface", body, **headers))[0] == 202
    (line,) = await log_of(api)
    assert (short(line), line["target"]) == (
        ("webhook", "sync", "done"), {"dataset": DATASET, "delivery": "webhook-one"},
    )  # fmt: skip
    await pool.execute("ALTER TABLE admin_actions RENAME TO elsewhere")
    before = (await bus.jetstream().stream_info(STREAM)).state.messages
    assert (await api.post("/webhooks/huggingface", body, **headers | {"Webhook-Id": "two"}))[0] == 202
    assert (await bus.jetstream().stream_info(STREAM)).state.messages == before + 1


async def test_without_its_line_nothing_is_done(api: Api, bus: Client, pool: asyncpg.Pool) -> None:
    await dead_letter(bus, 1)
    await pool.execute("ALTER TABLE admin_actions RENAME TO elsewhere")
    before = (await bus.jetstream().stream_info(STREAM)).state.messages
    for method, path, body in (
        ("POST", "/api/admin/sync", {}),
        ("POST", "/api/admin/dead-letters/drop", {"all": True}),
        ("PUT", "/api/admin/model-names/m", {"provider": "P"}),
    ):
        assert (await api.send(method, path, body, **BEARER))[0] == 503
    assert (await bus.jetstream().stream_info(STREAM)).state.messages == before
    assert (await bus.jetstream().stream_info(DEAD_STREAM)).state.messages == 1
    assert await pool.fetchval("SELECT count(*) FROM model_names") == 0


async def test_what_fails_says_why_and_what_is_cut_off_stays_begun(
    api: Api, bus: Client, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(*_: object, **__: object) -> None:
        raise TimeoutError

    with monkeypatch.context() as patched:
        patched.setattr("common.bus.bus.publish", refuses)
        assert (await api.post("/api/admin/sync", {}, **BEARER))[0] == 503
    (line,) = await log_of(api)
    assert (line["outcome"], line["detail"][:20]) == ("failed", "NATS does not answer")
    await pool.execute("DELETE FROM admin_actions WHERE ends IS NOT NULL")
    assert (await log_of(api))[0]["outcome"] == "begun"


def test_a_file_that_changes_counts_at_once_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("ada:one\n\n  # a comment\nada:two\n")
    tokens = AdminTokens("zero", file)
    assert tokens.are_there
    assert (AdminTokens("zero", None).are_there, AdminTokens(None, None).are_there) == (True, False)
    assert AdminTokens(None, file).are_there
    # What no client can have meant is nobody's, and no failure.
    assert tokens.name_of("\udcff") is None
    assert [tokens.name_of(each) for each in ("zero", "one", "two", "three", "")] == ["admin", "ada", "ada", None, None]
    file.write_text("ada:two\ngrace:three\n")
    assert [tokens.name_of(each) for each in ("one", "two", "three")] == [None, "ada", "grace"]
    file.write_text("no name and no token\n")
    assert tokens.name_of("three") == "grace"
    file.unlink()
    assert (tokens.name_of("three"), tokens.name_of("zero")) == ("grace", "admin")


@pytest.mark.parametrize("text", ["token", "ada:", ":token", "ada:sha256:abc", "a b:token"])
def test_a_file_that_cannot_be_read_stops_the_service_and_quotes_no_secret(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# fine\n{text}\n")
    with pytest.raises(
        StartupError, match=r"bad setting ADMIN_TOKENS_FILE: .*tokens, line 2: write name:token"
    ) as error:
        AdminTokens(None, file)
    assert "abc" not in str(error.value)
