"""A list of many pages is read as one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from arcwatch.clients import api


def test_what_lands_between_two_pages_repeats_no_row_and_skips_none(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ["b", "c", "d"]

    def page(_: Path | None, __: str | None, path: str, query: Mapping[str, Any]) -> dict[str, Any]:
        assert (path, query["status"]) == ("/api/models", "completed")
        after = query.get("cursor")
        first = rows.index(after) + 1 if after else query.get("offset", 0)
        found = rows[first : first + query["limit"]]
        following = None if found[-1] == rows[-1] else found[-1]
        answer = {"data": found, "total": len(rows), "nextCursor": following}
        rows[:] = ["a", "b", "c", "d"]
        return answer

    monkeypatch.setattr(api, "get", page)
    monkeypatch.setattr(api, "_MOST_ROWS", 1)
    found: list[Any] = api.get_all(None, None, "/api/models", {"status": "completed"})
    assert found == ["b", "c", "d"]
