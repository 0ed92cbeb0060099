"""Promise: every command explains itself quickly, and what a user can mend is one line, never a traceback."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from arcwatch.cli import app
from arcwatch.commands.console import output
from arcwatch.errors import explained, without_password
from typer.main import get_command

from tests.support.deployments import command
from tests.support.ports import free_port

HEAVY = ("aiohttp", "asyncpg", "nats", "faststream", "pydantic", "huggingface_hub", "structlog", "asyncio")
PATHS = [
    "up",
    "demo",
    "hub",
    "migrate",
    "nats-url",
    "topology apply",
    "models ls",
    "names ls",
    "names set",
    "names unset",
    "runs ls",
    "runs errors",
    "dead ls",
    "dead replay",
    "dead rm",
    "doctor",
    "score",
    "verify",
    "rescore",
]


@pytest.fixture
def nowhere(tmp_path: Path) -> tuple[str, str]:
    return "--data-dir", str(tmp_path)


@pytest.fixture
async def api() -> AsyncIterator[str]:
    """Lend a query API with one model, that refuses to say more."""

    async def models(request: web.Request) -> web.Response:
        row = {
            "displayName": "Some Model",
            "model": "some-model",
            "dataset": "owner/name",
            "score": 0.125,
            "scoreInterval": {"low": 0.0773, "high": 0.1959},
            "rank": 4,
            "rankRange": {"best": 3, "worst": 7},
            "scoreSubmitted": 0.25,
            "tasksSolved": 15,
            "tasksSubmitted": 60,
            "tasksTotal": 120,
            "errors": 0,
            "warnings": 3,
            "ingestedAt": "2026-11-02T08:05:09Z",
        }
        return web.json_response({"success": True, "total": 1, "data": [row], "asked": dict(request.query)})

    async def history(_: web.Request) -> web.Response:
        return web.json_response({"detail": "status: there is no such status"}, status=400)

    async def errors(request: web.Request) -> web.Response:
        if request.match_info["run"] == "8":
            return web.json_response({"total": 0, "findings": [], "errors": []})
        bad = {"kind": "not_json", "severity": "error", "advice": "Upload it again."}
        new = {"kind": "of_future", "severity": "note", "advice": None}
        error = bad | {"puzzleId": "0a1b2c3d", "message": "the file is empty", "fatal": True}
        return web.json_response({"total": 10, "findings": [bad | {"count": 1}, new | {"count": 9}], "errors": [error]})

    application = web.Application()
    runs = "/api/admin/ingestion-history"
    application.add_routes(
        [web.get("/api/models", models), web.get(runs, history), web.get(runs + "/{run}/errors", errors)]
    )
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", free_port())
    await site.start()
    yield site.name
    await runner.cleanup()


async def test_help_loads_nothing_heavy() -> None:
    code = f"import sys, arcwatch.cli; print(*[name for name in {HEAVY} if name in sys.modules])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert out.decode().split() == []


@pytest.mark.parametrize("path", PATHS)
def test_every_command_and_every_option_has_a_help_text(path: str) -> None:
    found = get_command(app)
    for name in path.split():
        found = found.commands[name]  # type: ignore[attr-defined]  # groups have commands
    assert found.help
    for option in found.params:
        assert getattr(option, "help", None) or option.param_type_name == "argument", option.name


@pytest.mark.parametrize("path", ["models ls", "names ls", "runs ls", "migrate", "topology apply"])
async def test_without_a_deployment_a_command_says_what_to_do(path: str, nowhere: tuple[str, str]) -> None:
    run = await command(*path.split(), *nowhere)
    assert (run.status, run.out) == (1, [])
    assert len(run.err) == 1
    assert run.err[0].startswith(f"arcwatch: no arcwatch runs in {nowhere[1]}: start `arcwatch up`")


async def test_servers_that_do_not_answer_are_named_without_their_passwords(nowhere: tuple[str, str]) -> None:
    port = free_port()
    migrate, topology, models = await asyncio.gather(
        command("migrate", "--database-url", f"postgresql://me:secret@127.0.0.1:{port}/x", "--wait", "0"),
        command("topology", "apply", "--nats-url", f"nats://me:secret@127.0.0.1:{port}", "--wait", "0"),
        command("models", "ls", "--url", f"http://127.0.0.1:{port}"),
    )
    for run, words in ((migrate, "the database"), (topology, "NATS"), (models, "the query API")):
        assert run.status == 1
        assert len(run.err) == 1
        assert words in run.err[0]
        assert "secret" not in run.err[0]


NO_URLS = ("nats://me:s3cr[et@host:1", "nats://me:s3c/ret@host:1", "nats://me:s3cret@host:port", "s3cret://x", ",")


@pytest.mark.parametrize("url", NO_URLS)
@pytest.mark.parametrize("path", ["topology apply", "dead ls", "ingest a/b m", "sync --check-only", "doctor"])
async def test_a_malformed_url_of_nats_is_one_line_without_its_password(
    path: str, url: str, nowhere: tuple[str, str]
) -> None:
    run = await command(*path.split(), *nowhere, env={"NATS_URL": url, "DATABASE_URL": "postgresql://x@127.0.0.1:1/x"})
    text = "\n".join((*run.out, *run.err))
    assert run.status != 0
    assert "s3c" not in text
    assert "Traceback" not in text


@pytest.mark.parametrize("url", ["postgresql://me:s3cr[et@host/x", "postgresql://me:s3c/ret@host:1/x"])
@pytest.mark.parametrize("path", ["migrate", "sync --check-only", "doctor"])
async def test_a_malformed_url_of_the_database_is_one_line_without_its_password(
    path: str, url: str, nowhere: tuple[str, str], nats_url: str
) -> None:
    run = await command(*path.split(), *nowhere, env={"NATS_URL": nats_url, "DATABASE_URL": url})
    text = "\n".join((*run.out, *run.err))
    assert run.status != 0
    assert "s3c" not in text
    assert "Traceback" not in text


async def test_models_are_listed_for_people_and_for_programs(api: str) -> None:
    table, listed = await asyncio.gather(
        command("models", "ls", "--url", api), command("models", "ls", "--url", api, "--json")
    )
    assert table.out == [
        (
            "NAME        MODEL       DATASET     SCORE  95% INTERVAL  RANK  OF SUBMITTED  "
            "SOLVED  SUBMITTED  TASKS  ERRORS  WARNINGS  INGESTED"
        ),
        (
            "Some Model  some-model  owner/name  12.5%  7.7-19.6%     3-7          25.0%  "
            "    15         60    120       0         3  2026-11-02 08:05"
        ),
    ]
    assert json.loads("\n".join(listed.out))[0]["model"] == "some-model"


async def test_errors_of_a_run_say_how_bad_they_are_and_what_to_do(api: str) -> None:
    table, listed, clean = await asyncio.gather(
        command("runs", "errors", "7", "--url", api),
        command("runs", "errors", "7", "--url", api, "--json"),
        command("runs", "errors", "8", "--url", api),
    )
    assert table.out == [
        "SEVERITY  KIND       FOUND  WHAT TO DO",
        "error     not_json       1  Upload it again.",
        "note      of_future      9  -",
        "",
        "FILE      SEVERITY  KIND      WHAT",
        "0a1b2c3d  error     not_json  the file is empty",
    ]
    assert table.err == ["1 of 10; --limit shows more"]
    found = json.loads("\n".join(listed.out))
    assert [each["advice"] for each in found["findings"]] == ["Upload it again.", None]
    assert (found["errors"][0]["severity"], found["errors"][0]["advice"]) == ("error", "Upload it again.")
    assert clean.out == ["nothing was wrong with its files"]


async def test_the_api_s_own_words_reach_the_user(api: str) -> None:
    run = await command("runs", "ls", "--url", api, "--status", "odd")
    assert (run.status, run.err) == (1, ["arcwatch: status: there is no such status"])


async def test_topology_is_checked_then_mended_then_right(nats_url: str) -> None:
    arguments = ("topology", "apply", "--nats-url", nats_url)
    check = await command(*arguments, "--check")
    assert check.status == 1
    assert check.out[:2] == ["stream ARCWATCH_DEAD does not exist", "stream ARCWATCH does not exist"]
    assert (await command(*arguments)).status == 0
    again = await command(*arguments, "--check", "--json")
    assert (again.status, json.loads("\n".join(again.out))) == (0, {"applied": False, "drift": []})


async def test_migrate_says_what_it_applied(empty_database_url: str) -> None:
    first = await command("migrate", "--database-url", empty_database_url)
    assert first.status == 0
    assert first.out[0].startswith("applied 0001_")
    second = await command("migrate", "--database-url", empty_database_url, "--json")
    assert json.loads("\n".join(second.out)) == {"applied": []}


async def test_hub_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    run = await command("hub", str(tmp_path / "none"))
    assert run.status == 1
    assert len(run.err) == 1
    assert "is not a directory" in run.err[0]


@pytest.mark.parametrize("arguments", [("hub", "."), ("demo",)])
async def test_without_the_local_hub_a_command_says_how_to_add_it(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code = "import sys; sys.modules['localhub'] = None; from arcwatch.cli import main; main()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, *arguments), cwd=tmp_path, stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()
    assert process.returncode == 1
    (line,) = err.decode().splitlines()
    assert line.startswith(f"arcwatch: `arcwatch {arguments[0]}` needs the local Hub, which is not installed")
    assert f"`python3 -m pip --python {sys.executable} install ./deploy/localhub` adds it" in line


def test_a_bug_keeps_its_traceback() -> None:
    assert explained(ValueError("a bug")) is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nats://me:secret@host:4222", "nats://host:4222"),
        ("postgresql://me@/db?host=/run", "postgresql:///db?host=/run"),
        ("nats://host:4222", "nats://host:4222"),
        ("nats://me:se/cr@et@host:4222", "nats://host:4222"),
        ("nats://a:b@one:1,nats://a:b@two:2", "nats://one:1,nats://two:2"),
        ("postgresql://host/db?user=me&password=secret&port=1", "postgresql://host/db?user=me&password=...&port=1"),
    ],
)
def test_a_url_is_shown_without_who_uses_it(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(["a"], [], empty="nothing yet")
    assert capsys.readouterr().out == "nothing yet\n"
