"""The Hub's rate limits: a fixed window for each token and each kind of request."""

import math
import re
import time
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler

from localhub.credentials import token_of

_GIT = re.compile(r"/datasets/[^/]+/[^/]+/(info/refs|git-(upload|receive)-pack)")


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests allowed in a window. The Hub allows anonymous callers 500 and 3,000 in 300 seconds; it names no git."""

    api: int = 1_000_000
    resolvers: int = 1_000_000
    git: int = 1_000_000
    window_seconds: float = 300.0


@dataclass(slots=True)
class _Window:
    ends_at: float
    used: int = 0


@dataclass(slots=True)
class QuotaMeter:
    """Counts requests, each under the token it carries: callers with the same token share a quota."""

    quota: Quota = field(default_factory=Quota)
    windows: dict[tuple[str, str], _Window] = field(default_factory=dict)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count a request, answer it if the quota allows that, and say what is left."""
        kind = kind_of(request.path)
        window = self._window(kind, token_of(request.headers.get("Authorization", "")))
        limit: int = getattr(self.quota, kind)
        allowed = window.used < limit
        window.used += allowed
        reset = math.ceil(max(0.0, window.ends_at - time.monotonic()))
        policy = {"limit": limit, "window": math.ceil(self.quota.window_seconds)}
        headers = rate_limit_headers(kind, left=limit - window.used, reset=reset, **policy)
        if not allowed:
            return web.json_response({"error": "Too Many Requests"}, status=429, headers=headers)
        response = await handler(request)
        response.headers.update(headers)
        return response

    def _window(self, kind: str, token: str) -> _Window:
        window = self.windows.get((kind, token))
        if window is None or window.ends_at <= time.monotonic():
            window = self.windows[kind, token] = _Window(time.monotonic() + self.quota.window_seconds)
        return window


def rate_limit_headers(kind: str, *, left: int, reset: int, limit: int, window: int) -> dict[str, str]:
    return {
        "RateLimit": f'"{kind}";r={left};t={reset}',
        "RateLimit-Policy": f'"fixed window";"{kind}";q={limit};w={window}',
    }


def kind_of(path: str) -> str:
    """Name the budget that a request is counted in."""
    if _GIT.fullmatch(path):
        return "git"
    return "resolvers" if "/resolve/" in path or "/raw/" in path else "api"
