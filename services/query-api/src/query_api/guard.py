"""Who may write, how often, and which pages may read: the API's doors."""

import hmac
import math
import time
from collections.abc import Callable, Mapping

import structlog
from aiohttp import hdrs, web
from pydantic import SecretStr

from query_api.endpoints import Endpoint
from query_api.problems import Problem

log = structlog.get_logger(__name__)

_TRACKED_ADDRESSES = 10_000


class RateLimit:
    """A token bucket for each address."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = float(per_minute)
        self._per_second = per_minute / 60
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def seconds_to_wait(self, address: str) -> float:
        """Take one token; return 0, or the seconds until there is one."""
        now = self._clock()
        tokens, at = self._buckets.pop(address, (self._capacity, now))
        tokens = min(self._capacity, tokens + (now - at) * self._per_second)
        allowed = tokens >= 1
        self._buckets[address] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > _TRACKED_ADDRESSES:
            self._buckets.pop(next(iter(self._buckets)))
        return 0.0 if allowed else (1 - tokens) / self._per_second


class Cors:
    """Lets pages of the configured origins read answers."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = frozenset(origins)

    def allow(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add the headers for an origin that may read."""
        origin = request.headers.get(hdrs.ORIGIN)
        if "*" in self._origins:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
        else:
            response.headers.add(hdrs.VARY, "Origin")
            if origin not in self._origins:
                return
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = "ETag, Age, X-Request-Id"

    def preflight(self, request: web.Request, methods: str) -> web.Response:
        """Answer a browser that asks before it sends."""
        response = web.Response(status=204, headers={"Access-Control-Allow-Methods": methods})
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-None-Match"
        response.headers["Access-Control-Max-Age"] = "600"
        self.allow(request, response)
        return response


class Guard:
    """Checks a request before it is read."""

    def __init__(self, token: SecretStr | None, origins: tuple[str, ...], per_minute: int) -> None:
        self._token = token.get_secret_value().encode() if token else None
        self._limit = RateLimit(per_minute)
        self.cors = Cors(origins) if origins else None

    def admit(self, endpoint: Endpoint, request: web.Request) -> None:
        """Raise a Problem unless the request may go on."""
        if endpoint.secured or endpoint.limited:
            wait = self._limit.seconds_to_wait(request.remote or "")
            if wait:
                seconds = max(1, math.ceil(wait))
                raise Problem(429, f"try again in {seconds} s", headers={"Retry-After": str(seconds)})
        if endpoint.secured == "adminToken":
            self._check_token(request)

    def _check_token(self, request: web.Request) -> None:
        if self._token is None:
            raise Problem(403, "this server has no ADMIN_TOKEN, so nobody may change anything; set it and restart")
        scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            raise Problem(401, "send the header Authorization: Bearer <ADMIN_TOKEN>", headers=_CHALLENGE)
        if not hmac.compare_digest(given.strip().encode(errors="surrogateescape"), self._token):
            log.warning("admin.refused", remote=request.remote, path=request.path)
            raise Problem(403, "this is not the ADMIN_TOKEN of this server")


_CHALLENGE: Mapping[str, str] = {"WWW-Authenticate": 'Bearer realm="arcwatch"'}
