"""Promise: every command explains itself quickly, and what a user can mend is one line, never a traceback."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from arcwatch.commands.console import output
from arcwatch.errors import explained, without_password
from common.bus import bus
from common.events import ModelDiscovered

from tests.support.cli import arcwatch
from tests.support.ports import free_port

HEAVY = ("aiohttp", "asyncpg", "nats", "faststream", "pydantic", "huggingface_hub", "structlog", "asyncio")


@pytest.fixture
def nowhere(tmp_path: Path) -> tuple[str, str]:
    return "--data-dir", str(tmp_path)


async def test_help_loads_nothing_heavy() -> None:
    code = f"import sys, arcwatch.cli; print(*[name for name in {HEAVY} if name in sys.modules])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert out.decode().split() == []


@pytest.mark.parametrize("path", ["models ls", "names ls", "runs ls", "migrate", "topology apply"])
async def test_without_a_deployment_a_command_says_what_to_do(path: str, nowhere: tuple[str, str]) -> None:
    run = await arcwatch(*path.split(), *nowhere)
    assert (run.status, run.out) == (1, [])
    assert len(run.err) == 1
    assert run.err[0].startswith(f"arcwatch: no arcwatch runs in {nowhere[1]}: start `arcwatch up`")


async def test_servers_that_do_not_answer_are_named_without_their_passwords(nowhere: tuple[str, str]) -> None:
    port = free_port()
    for arguments, words in (
        (("migrate", "--database-url", f"postgresql://me:secret@127.0.0.1:{port}/x", "--wait", "0"), "the database"),
        (("topology", "apply", "--nats-url", f"nats://me:secret@127.0.0.1:{port}", "--wait", "0"), "NATS"),
        (("models", "ls", "--url", f"http://me:secret@127.0.0.1:{port}"), "the query API"),
    ):
        run = await arcwatch(*arguments)
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
    run = await arcwatch(*path.split(), *nowhere, env={"NATS_URL": url, "DATABASE_URL": "postgresql://x@127.0.0.1:1/x"})
    text = "\n".join((*run.out, *run.err))
    assert run.status != 0
    assert "s3c" not in text
    assert "Traceback" not in text


@pytest.mark.parametrize("url", ["postgresql://me:s3cr[et@host/x", "postgresql://me:s3c/ret@host:1/x"])
@pytest.mark.parametrize("path", ["migrate --wait 0", "sync --check-only", "doctor"])
async def test_a_malformed_url_of_the_database_is_one_line_without_its_password(
    path: str, url: str, nowhere: tuple[str, str], nats_url: str
) -> None:
    run = await arcwatch(*path.split(), *nowhere, env={"NATS_URL": nats_url, "DATABASE_URL": url})
    text = "\n".join((*run.out, *run.err))
    assert run.status != 0
    assert "s3c" not in text
    assert "Traceback" not in text


async def test_topology_is_checked_then_mended_then_right(nats_url: str) -> None:
    arguments = ("topology", "apply", "--nats-url", nats_url)
    check = await arcwatch(*arguments, "--check")
    assert check.status == 1
    assert check.out[:2] == ["stream ARCWATCH_DEAD does not exist", "stream ARCWATCH does not exist"]
    assert (await arcwatch(*arguments)).status == 0
    again = await arcwatch(*arguments, "--check", "--json")
    assert (again.status, json.loads("\n".join(again.out))) == (0, {"applied": False, "drift": []})


async def test_migrate_says_what_it_applied(empty_database_url: str) -> None:
    first = await arcwatch("migrate", "--database-url", empty_database_url)
    assert first.status == 0
    assert first.out[0].startswith("applied 0001_")
    second = await arcwatch("migrate", "--database-url", empty_database_url, "--json")
    assert json.loads("\n".join(second.out)) == {"applied": []}


async def test_sql_shows_what_a_statement_reads_and_changes_nothing(database_url: str) -> None:
    asked = ("--database-url", database_url)
    found = await arcwatch("sql", "SELECT 1 AS one, 'x' AS two", *asked, "--json")
    assert json.loads("\n".join(found.out)) == [{"one": 1, "two": "x"}]
    assert (await arcwatch("sql", "SELECT 1 AS one WHERE false", *asked)).out == ["no rows"]
    for query, words in (
        ("INSERT INTO sync_runs (trigger) VALUES ('x')", "cannot execute INSERT in a read-only transaction"),
        ("COMMIT; DROP TABLE sync_runs", "cannot insert multiple commands into a prepared statement"),
        ("SELEC", 'syntax error at or near "SELEC"'),
    ):
        run = await arcwatch("sql", query, *asked)
        assert (run.status, run.out) == (1, [])
        assert run.err == [f"arcwatch: the database says: {words}"]


async def test_what_fills_the_streams_is_shown_and_removed_but_for_the_newest(nats_url: str) -> None:
    at = ("--nats-url", nats_url)
    assert (await arcwatch("topology", "ls", *at)).err[0].endswith("is missing: run `arcwatch topology apply`")
    await arcwatch("topology", "apply", *at)
    async with bus.connect(nats_url, "test") as client:
        for number in range(5):
            await client.jetstream().publish(ModelDiscovered.subject, b"%d" % number)
    shown = await arcwatch("topology", "ls", *at)
    assert shown.out[1].split() == ["ARCWATCH", "model.discovered", "5"]
    assert shown.out[2].startswith("ARCWATCH: 5 messages, 0.0 of 256 MiB")
    purge = ("topology", "purge", "model.discovered", "--keep", "2", *at)
    assert (await arcwatch(*purge)).status == 1, "nobody has agreed"
    assert (await arcwatch(*purge, "--yes")).out == ["removed 3 messages of model.discovered"]
    (stream, _) = json.loads("\n".join((await arcwatch("topology", "ls", *at, "--json")).out))
    assert stream["subjects"] == {"model.discovered": 2}
    wrong = await arcwatch("topology", "purge", "model.found", *at, "--yes")
    assert wrong.err == ["arcwatch: there is no subject model.found in ARCWATCH; there is model.discovered"]


async def test_hub_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    run = await arcwatch("hub", str(tmp_path / "none"))
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
