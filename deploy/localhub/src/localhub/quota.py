"""The Hub's rate limits: a fixed window for each token and each kind of request."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests allowed in a window. The Hub allows anonymous callers 500 and 3,000 in 300 seconds."""

    api: int = 1_000_000
    resolvers: int = 1_000_000
    window_seconds: float = 300.0

    def limit(self, kind: str) -> int:
        return self.resolvers if kind == "resolvers" else self.api


@dataclass(slots=True)
class _Window:
    ends_at: float
    used: int = 0


@dataclass(slots=True)
class QuotaMeter:
    """Counts requests. Every caller with the same token draws on the same quota."""

    quota: Quota = field(default_factory=Quota)
    now: Callable[[], float] = time.monotonic
    _windows: dict[tuple[str, str], _Window] = field(default_factory=dict)

    def take(self, kind: str, token: str) -> tuple[bool, Mapping[str, str]]:
        """Count one request; answer whether it is allowed, and the headers that say what is left."""
        window = self._window(kind, token)
        limit = self.quota.limit(kind)
        allowed = window.used < limit
        window.used += allowed
        reset = math.ceil(max(0.0, window.ends_at - self.now()))
        return allowed, rate_limit_headers(
            kind, left=limit - window.used, reset=reset, limit=limit, window=math.ceil(self.quota.window_seconds)
        )

    def _window(self, kind: str, token: str) -> _Window:
        window = self._windows.get((kind, token))
        if window is None or window.ends_at <= self.now():
            window = self._windows[kind, token] = _Window(self.now() + self.quota.window_seconds)
        return window


def rate_limit_headers(kind: str, *, left: int, reset: int, limit: int, window: int) -> dict[str, str]:
    return {
        "RateLimit": f'"{kind}";r={left};t={reset}',
        "RateLimit-Policy": f'"fixed window";"{kind}";q={limit};w={window}',
    }


def kind_of(path: str) -> str:
    return "resolvers" if "/resolve/" in path or "/raw/" in path else "api"
