"""What many ask for at once is asked for once, and again once it is too old or was an error."""

import asyncio

import pytest
from query_api.probes.cached_call import CachedCall


async def test_many_callers_share_one_call_until_its_result_is_too_old() -> None:
    made: list[int] = []

    async def call() -> int:
        made.append(len(made))
        await asyncio.sleep(0)
        return made[-1]

    kept, fresh = CachedCall(call, 60.0), CachedCall(call, 0.0)
    assert await asyncio.gather(*(kept() for _ in range(5))) == [0] * 5
    assert [await fresh(), await fresh(), await kept()] == [1, 2, 0]


async def test_an_error_is_not_kept() -> None:
    results: list[Exception | str] = ["second", OSError("first")]

    async def call() -> str:
        result = results.pop()
        if isinstance(result, Exception):
            raise result
        return result

    kept = CachedCall(call, 60.0)
    with pytest.raises(OSError, match="first"):
        await kept()
    assert [await kept(), await kept()] == ["second", "second"]
