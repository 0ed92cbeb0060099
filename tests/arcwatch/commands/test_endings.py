"""Promise: a command ends as other tools do: by Ctrl-C, at a closed pipe, a full disk or a terminal of any width."""

import asyncio
import errno
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from aiohttp import web
from arcwatch.commands.console.endings import ended
from arcwatch.errors import DeploymentError

from tests.support.deployments import clean_environment
from tests.support.eventually import eventually

_SNAPSHOT = "/export/snapshot"
ROW = {
    "displayName": "Some Model with a Name of Some Length",
    "model": "some-model-with-a-folder-of-some-length-2026-11-02-xhigh",
    "dataset": "owner/some-dataset",
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


def raising(error: BaseException) -> int:
    def command() -> None:
        raise error

    return ended(command)


def test_what_a_user_can_mend_is_one_line_and_a_bug_keeps_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert raising(DeploymentError("start it first")) == 1
    assert raising(PermissionError(errno.EACCES, "Permission denied", "/some/file")) == 1
    assert capsys.readouterr().err == "arcwatch: start it first\narcwatch: /some/file: Permission denied\n"
    with pytest.raises(ValueError, match="a bug"):
        raising(ValueError("a bug"))


def test_an_exit_status_is_kept_and_ctrl_c_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert [raising(SystemExit(code)) for code in (None, 0, 3)] == [0, 0, 3]
    assert raising(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "arcwatch: interrupted\n"


@pytest.fixture
def asked() -> asyncio.Event:
    """Return what is set when a question hangs."""
    return asyncio.Event()


@pytest.fixture
async def api(asked: asyncio.Event) -> AsyncIterator[str]:
    """Lend a query API with one model, which hangs when it is asked for runs."""

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "total": 1, "nextCursor": None, "data": [ROW]})

    async def hang(_: web.Request) -> web.Response:
        asked.set()
        await asyncio.sleep(60)
        raise AssertionError

    application = web.Application()
    application.add_routes(
        [web.get("/api/models", models), *(web.get(path, hang) for path in ("/api/admin/ingestion-history", _SNAPSHOT))]
    )
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def start(*arguments: str, stdout: int, env: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "arcwatch", *arguments),
        env={**clean_environment(), "TERM": "xterm", **(env or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=stdout,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_reader_that_goes_away_is_no_failure_to_tell_of() -> None:
    readers, writers = zip(*(os.pipe() for _ in range(2)), strict=True)
    for reader in readers:
        os.close(reader)
    runs = [
        await start(argument, stdout=writer) for argument, writer in zip(("--version", "--help"), writers, strict=True)
    ]
    for writer in writers:
        os.close(writer)
    for run in runs:
        _, err = await run.communicate()
        assert (run.returncode, err) == (141, b"")


async def test_a_full_disk_is_one_line() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    run = await start("--version", stdout=full)
    os.close(full)
    _, err = await run.communicate()
    assert (run.returncode, err.decode().count("\n")) == (1, 1)
    assert err.decode().startswith("arcwatch: ")
    assert "No space left on device" in err.decode()


async def test_a_disk_that_is_full_at_the_very_end_is_one_line() -> None:
    code = "import sys; from arcwatch.commands.console.endings import ended; sys.exit(ended(lambda: print('x')))"
    with open("/dev/full", "wb") as full:  # noqa: ASYNC230, PTH123 - a device
        run = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code),
            env={**clean_environment(), "PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=asyncio.subprocess.PIPE,
        )
    _, err = await run.communicate()
    assert (run.returncode, err) == (1, b"arcwatch: cannot write: No space left on device\n")


async def test_ctrl_c_ends_with_130_and_one_line(api: str, asked: asyncio.Event) -> None:
    run = await start("runs", "ls", "--url", api, stdout=asyncio.subprocess.PIPE)
    await asked.wait()
    # A signal between Python's last look and the call that waits would be seen when that ends: after its time limit.
    await eventually(lambda: psutil.Process(run.pid).status() == psutil.STATUS_SLEEPING)
    run.send_signal(signal.SIGINT)
    out, err = await run.communicate()
    assert (run.returncode, out, err) == (130, b"", b"arcwatch: interrupted\n")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
async def test_what_is_ended_cleans_up_whatever_a_library_says_of_that(number: signal.Signals, status: int) -> None:
    code = """
import asyncio, sys
from arcwatch.commands.console.calls import run
from arcwatch.commands.console.endings import ended
async def work():
    try:
        print("up", flush=True)
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0)
        raise RuntimeError("cannot switch to state 15")
sys.exit(ended(lambda: run(work())))
"""
    command = (sys.executable, "-c", code)
    run = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    assert run.stdout
    assert await run.stdout.readline() == b"up\n"
    run.send_signal(number)
    _, err = await run.communicate()
    assert (run.returncode, err) == (status, b"arcwatch: interrupted\n" if number == signal.SIGINT else b"")


async def test_a_closed_output_is_no_bug(tmp_path: Path) -> None:
    command = f"{sys.executable} -m arcwatch backup {tmp_path}/b --database-url postgresql://127.0.0.1:1/x <&- >&-"
    run = await asyncio.create_subprocess_shell(command, env=clean_environment(), stderr=asyncio.subprocess.PIPE)
    _, err = await run.communicate()
    assert (run.returncode, err.decode().count("\n")) == (1, 1)
    assert err.startswith(b"arcwatch: cannot reach the database at 127.0.0.1:1")


async def test_an_export_that_is_ended_leaves_nothing(api: str, asked: asyncio.Event, tmp_path: Path) -> None:
    run = await start("export", str(tmp_path / "data"), "--url", api, stdout=asyncio.subprocess.PIPE)
    await asked.wait()
    await eventually(lambda: any((tmp_path / "data").iterdir()), what="the hidden folder")
    run.send_signal(signal.SIGTERM)
    out, err = await run.communicate()
    assert (run.returncode, out, err) == (143, b"", b"")
    assert [*(tmp_path / "data").iterdir()] == []


async def test_on_a_terminal_a_table_fits_and_has_colours(api: str) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 72, 0, 0))
    run = await start("models", "ls", "--url", api, stdout=theirs)
    os.close(theirs)
    _, err = await run.communicate()
    shown = b""
    with suppress(OSError):  # what a terminal says that nobody writes to any more
        while chunk := os.read(ours, 65_536):
            shown += chunk
    os.close(ours)
    heading, line = shown.decode().replace("\x1b[1m", "*").replace("\x1b[0m", "*").splitlines()
    assert "*MODEL*" in heading
    assert line.split() == ["some-mode…02-xhigh", "owner/so…-dataset", "12.5%", "7.7-19.6%", "3-7", "15"]
    assert len(line) <= 72
    gone = "name, of submitted, submitted, tasks, errors, warnings, ingested"
    assert err.decode() == f"no room for {gone}: a wider terminal, a pipe or --json shows them\n"
