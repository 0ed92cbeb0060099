"""What a command does itself has two lines in the audit log, where the database answers; it works without, too."""

import asyncio
import json
from pathlib import Path

import asyncpg
import pytest
from arcwatch.clients import audit_lines

from tests.support.ports import free_port


async def _lines(url: str) -> list[tuple[str, object, str, str | None]]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT action, target, outcome, detail FROM admin_actions ORDER BY id")
        return [(row["action"], json.loads(row["target"]), row["outcome"], row["detail"]) for row in rows]
    finally:
        await connection.close()


async def test_a_deed_is_begun_before_it_is_done_and_says_how_it_ended(database_url: str) -> None:
    def work(*, fails: bool) -> None:
        with audit_lines.audited(database_url, "test", number=1, none=None) as told:
            if fails:
                raise KeyboardInterrupt
            told.detail = "some of it"

    await asyncio.to_thread(work, fails=False)
    with pytest.raises(KeyboardInterrupt):
        await asyncio.to_thread(work, fails=True)
    about = ("test", {"number": 1})
    begun = (*about, "begun", None)
    ends = [(*about, "done", "some of it"), (*about, "failed", "KeyboardInterrupt")]
    assert await _lines(database_url) == [begun, ends[0], begun, ends[1]]


def test_without_a_database_it_is_done_and_says_that_it_has_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    done = []
    with audit_lines.audited(f"postgresql://me:secret@127.0.0.1:{free_port()}/arcwatch", "test"):
        done.append(1)
    said = capsys.readouterr().err
    assert (done, said[:22], "secret" in said) == ([1], "not in the audit log: ", False)
    with audit_lines.audited(None, "test"):
        done.append(2)
    assert (done, capsys.readouterr().err) == ([1, 2], "")


def test_the_log_is_that_of_the_servers_that_a_command_works_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(audit_lines, "running", lambda _: {"database_url": "here"})
    assert (audit_lines.database_of(tmp_path), audit_lines.database_of(tmp_path, "nats://elsewhere")) == ("here", None)
    monkeypatch.setenv("DATABASE_URL", "there")
    assert audit_lines.database_of(tmp_path, "nats://elsewhere") == "there"
    monkeypatch.setattr(audit_lines, "running", lambda _: None)
    monkeypatch.delenv("DATABASE_URL")
    assert audit_lines.database_of(tmp_path) is None


def test_a_user_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.setattr("socket.gethostname", lambda: "h" * 80)
    user, _, host = audit_lines.who().partition("@")
    assert (user.removeprefix("cli:").isdigit(), host[:2], len(audit_lines.who())) == (True, "hh", 64)
