"""Each request is one line of the access log, whatever its path holds."""

import asyncio
import io
import json
from typing import Literal

import pytest
from aiohttp.test_utils import make_mocked_request
from query_api.server import access_log
from query_api.server.access_log import AccessLog


@pytest.mark.parametrize("fmt", ["json", "console"])
async def test_a_line_for_each_request(fmt: Literal["json", "console"]) -> None:
    to = io.StringIO()
    log = AccessLog(fmt, to=to)
    for path in ("/a", '/b?x="\\u2028'):
        log.record(make_mocked_request("GET", path), 200, 0.0015, "id-1", "2001:db8::7")
    log.flush()
    lines = to.getvalue().splitlines()
    assert len(lines) == 2
    if fmt == "json":
        found = json.loads(lines[1])
        assert (found["path"], found["status"], found["duration_ms"]) == ('/b?x="\\u2028', 200, 1.5)
        assert found["remote"] == "2001:db8::7"
        assert found["timestamp"].endswith("Z")
    else:
        assert "GET /a 200 1.50 ms id-1 2001:db8::7" in lines[0]


async def test_lines_come_by_themselves_and_the_last_ones_at_the_end() -> None:
    to = io.StringIO()
    log = AccessLog("json", to=to)
    task = asyncio.create_task(log.run())
    await asyncio.sleep(0)
    log.record(make_mocked_request("GET", "/last"), 200, 0.1, "id-1")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "/last" in to.getvalue()


async def test_it_can_be_turned_off() -> None:
    to = io.StringIO()
    log = AccessLog("json", to=to, enabled=False)
    log.record(make_mocked_request("GET", "/a"), 200, 0.1, "id-1")
    log.flush()
    assert to.getvalue() == ""


async def test_a_flood_is_written_at_once_and_long_paths_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "MOST_LINES", 3)
    to = io.StringIO()
    log = AccessLog("json", to=to)
    for _ in range(2):
        log.record(make_mocked_request("GET", f"/{'x' * 8_000}"), 200, 0.1, "id-1")
    assert to.getvalue() == ""
    log.record(make_mocked_request("GET", "/last"), 200, 0.1, "id-1")
    lines = to.getvalue().splitlines()
    assert len(lines) == 3
    assert len(json.loads(lines[0])["path"]) < 2_000
