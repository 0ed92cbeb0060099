"""A running query API, seen from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from query_api.metrics import Metrics
from query_api.routes.table import Services

from tests.support.eventually import eventually


@dataclass(frozen=True)
class Api:
    """Its address, a client, and its inside for tests that need it."""

    url: str
    http: aiohttp.ClientSession
    services: Services
    metrics: Metrics

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Return status and JSON of a GET."""
        async with self.http.get(path, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return status and JSON of a POST."""
        return await self.send("POST", path, body, **headers)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return status and JSON of a request."""
        async with self.http.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def data(self, path: str) -> Any:
        """Return `data` of a GET that works."""
        status, body = await self.get(path)
        assert status == 200, body
        return body["data"]

    async def until(self, path: str, condition: Callable[[Any], object], timeout: float = 10.0) -> Any:  # noqa: ASYNC109 - see eventually
        """Return the JSON of a GET once it fulfils a condition."""
        body: Any = None

        async def fulfilled() -> bool:
            nonlocal body
            _, body = await self.get(path)
            return bool(condition(body))

        waiting: Callable[[], Any] = fulfilled
        await eventually(waiting, timeout, what=f"{path} as wanted")
        return body

    async def until_latest(self, model: str, path: str = "/api/metrics/latest-model") -> Any:
        """Return the latest model once it is this one."""
        body = await self.until(path, lambda found: found["data"] and found["data"]["model"] == model)
        return body["data"]
