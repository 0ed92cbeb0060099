"""Promise: whatever answers in place of the query API, or does not, is one line that says what to do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from arcwatch.clients import api as module
from arcwatch.commands.console import completion

from tests.support.cli import arcwatch

ALL = ("models ls", "models show a/b m", "runs ls", "runs show 7", "runs errors 7", "runs watch", "names ls")
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
OTHER = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}'
LIST = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\noops!"
PROBLEM = b'HTTP/1.1 404 Not Found\r\nContent-Length: 35\r\n\r\n{"detail":"there is no such thing"}'
CUT = b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"data":'
DRIP = b"HTTP/1.1 200 OK\r\n\r\n"  # and then a blank now and again, for ever
NO_HTTP = b"SSH-2.0-OpenSSH_9.2\r\n"


@asynccontextmanager
async def answering(answer: bytes | None) -> AsyncIterator[str]:
    """Lend the URL of a server that says always the same; None: nothing at all."""
    open_ones: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        await reader.readuntil(b"\r\n\r\n")
        if answer == DRIP:
            writer.write(DRIP)
        while answer == DRIP and not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.02)
        if answer is not None:
            writer.write(answer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for writer in open_ones:
        writer.close()


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (HTML, "answers with something else than JSON: is it arcwatch's query API?"),
        (OTHER, "is it arcwatch's query API, and of this version?"),
        (LIST, "answers with no JSON object: is it arcwatch's query API?"),
        (BAD_GATEWAY, "the query API answers 502 Bad Gateway"),
        (PROBLEM, "there is no such thing"),
        (CUT, "does not answer: IncompleteRead"),
        (NO_HTTP, "does not answer: "),
        (None, "does not answer: timed out"),
    ],
    ids=["html", "other", "list", "502", "problem", "cut", "no-http", "hangs"],
)
async def test_it_is_one_line(path: str, answer: bytes | None, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.2 if answer is None else 20.0)
    async with answering(answer) as url:
        run = await arcwatch(*path.split(), "--url", url)
    assert (run.status, run.out, len(run.err)) == (1, [], 1)
    assert run.err[0].startswith("arcwatch: ")
    assert words in run.err[0]


@pytest.mark.parametrize("command", ["audit ls", "datasets pause a/b"])
async def test_the_token_of_an_admin_goes_nowhere_else(command: str) -> None:
    async with answering(PROBLEM) as elsewhere:
        moved = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}/api\r\nContent-Length: 0\r\n\r\n".encode()
        async with answering(moved) as url:
            run = await arcwatch(*command.split(), "--url", url, env={"ADMIN_TOKEN": "s3cret"})
    assert (run.status, run.out, len(run.err)) == (1, [], 1)
    assert run.err[0].endswith(f"redirects to {elsewhere}/api: give the URL of the query API there")


@pytest.mark.parametrize(
    "url",
    [
        "foo",
        "foo/bar",
        "127.0.0.1:8080",
        "http://",
        "http://[::1",
        "http://a:b:c/",
        "http://a:99999",
        "ftp://me:s3cret@a",
    ],
)
async def test_a_wrong_url_is_one_line(url: str) -> None:
    run = await arcwatch("models", "ls", "--url", url)
    assert (run.status, run.out, len(run.err)) == (1, [], 1)
    assert run.err[0].endswith("is not a URL of the query API, such as http://127.0.0.1:8080")
    assert "s3cret" not in run.err[0]


@pytest.mark.parametrize("answer", [None, DRIP, HTML, OTHER], ids=["hangs", "drips", "html", "other"])
async def test_a_shell_waits_a_moment_at_most_and_gets_no_text(
    answer: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "SECONDS", 0.2)
    async with answering(answer) as url:
        words = f"arcwatch models show --url {url} "
        env = {"_ARCWATCH_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()))}
        run = await arcwatch(env=env)
    assert (run.status, [line for line in run.out if line], run.err) == (0, [], [])


async def test_a_file_of_settings_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe")
    run = await arcwatch("models", "ls", cwd=tmp_path)
    assert (run.status, len(run.err)) == (1, 1)
    assert ".env is not UTF-8" in run.err[0]
