"""The quota counts each caller's requests of each kind in a window, and every answer says what is left of it."""

import time

import aiohttp
from huggingface_hub.utils._http import parse_ratelimit_headers
from localhub.quota import Quota

from tests.support.hub import TestHub
from tests.support.hub.asked import FILE, INFO, fetch


async def test_a_quota_allows_so_many_requests_and_then_answers_429(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.limit(Quota(api=2, resolvers=1, window_seconds=60))
    assert [(await fetch(web, INFO))[0] for _ in range(3)] == [200, 200, 429]
    assert [(await fetch(web, FILE))[0] for _ in range(2)] == [200, 429]
    async with web.get(INFO) as refused:
        info = parse_ratelimit_headers(refused.headers)
    assert info is not None
    assert (info.remaining, info.limit, info.window_seconds) == (0, 2, 60)
    assert 0 < info.reset_in_seconds <= 60
    async with web.get(INFO, headers={"Authorization": "Bearer other"}) as other:
        assert (other.status, other.headers["RateLimit"]) == (200, '"api";r=1;t=60')


async def test_a_quota_is_full_again_after_its_window(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.limit(Quota(api=1, window_seconds=0.1))
    assert [(await fetch(web, INFO))[0] for _ in range(2)] == [200, 429]
    deadline = time.monotonic() + 5
    while (await fetch(web, INFO))[0] != 200:
        assert time.monotonic() < deadline


async def test_every_answer_says_what_is_left(hub: TestHub, web: aiohttp.ClientSession) -> None:
    for path, kind in ((INFO, "api"), (FILE, "resolvers"), ("/api/datasets/no/such", "api")):
        async with web.get(path) as answer:
            info = parse_ratelimit_headers(answer.headers)
            assert info is not None
            assert info.resource_type == kind
            assert info.remaining > 0
