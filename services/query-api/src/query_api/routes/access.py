"""Access control: who may write, how often, and which pages may read."""

import hmac
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import structlog
from aiohttp import hdrs, web
from pydantic import SecretStr

from query_api.client_address import ClientAddress
from query_api.routes.console.admin_tokens import AdminTokens
from query_api.routes.endpoint import Endpoint
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings, origin_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Actor:
    """Who showed a secret: the name of the token, and where the request came from."""

    name: str
    address: str


# What a handler of a secured route finds with its request.
ACTOR: Final = web.RequestKey("actor", Actor)
ID: Final = web.RequestKey("id", str)

SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_TRACKED_NETWORKS = 10_000
# What one subscriber of IPv6 has to choose addresses from.
_SUBSCRIBER_BITS = 64


def network_of(address: str | None) -> str:
    """Return whose allowance a request uses up: an IPv4 address, or a whole /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ipaddress.ip_network((int(found), _SUBSCRIBER_BITS), strict=False))
    return str(found)


class RateLimit:
    """A token bucket for each network; of the many, those seen last are kept."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = float(per_minute)
        self._per_second = per_minute / 60
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def seconds_to_wait(self, address: str | None) -> float:
        """Take one token; return 0, or the seconds until there is one."""
        now, network = self._clock(), network_of(address)
        tokens, at = self._buckets.pop(network, (self._capacity, now))
        tokens = min(self._capacity, tokens + (now - at) * self._per_second)
        allowed = tokens >= 1
        self._buckets[network] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > _TRACKED_NETWORKS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / self._per_second

    def take(self, address: str | None) -> None:
        """Take one token for a request; raises a ProblemError when there is none."""
        if wait := self.seconds_to_wait(address):
            seconds = math.ceil(wait)
            raise ProblemError(429, f"try again in {seconds} s", headers={"Retry-After": str(seconds)})


class Cors:
    """Lets pages of the configured origins read answers, errors too."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = frozenset(origins)

    async def on_prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add the headers to whatever goes out, also to what aiohttp answers by itself."""
        self.allow(request, response)

    def allow(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add the headers for an origin that may read."""
        origin = request.headers.get(hdrs.ORIGIN)
        if "*" in self._origins:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
        else:
            response.headers.add(hdrs.VARY, "Origin")
            if origin is None or not (origin in self._origins or _origin_of(origin) in self._origins):
                return
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _EXPOSED

    def unread(self, response: web.Response) -> None:
        """Add the headers to the answer to a request that could not be read, so that its origin is not known."""
        if len(self._origins) == 1:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = next(iter(self._origins))
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _EXPOSED

    def preflight(self, request: web.Request, allowed: set[str]) -> web.Response:
        """Answer a browser that asks before it sends.

        What it wants to send is let through, so that it gets an answer which its page can read: a refusal here shows
        nothing but a broken connection.
        """
        wanted = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_METHOD)
        methods = allowed | (hdrs.METH_ALL & {wanted})
        response = web.Response(status=204, headers={"Access-Control-Allow-Methods": ", ".join(sorted(methods))})
        response.headers["Access-Control-Allow-Headers"] = _SENDABLE
        response.headers["Access-Control-Max-Age"] = "600"
        return response


_EXPOSED = (
    "ETag, Age, Date, Retry-After, Allow, Location, WWW-Authenticate, Content-Disposition, X-Request-Id, X-Event-Id"
)
_SENDABLE = "Authorization, Content-Type, If-None-Match, Last-Event-ID, X-Request-Id"
# Browsers write an origin in one way only; others may not.
_origin_of = lru_cache(maxsize=256)(origin_of)


@dataclass(frozen=True)
class SecretCheck:
    """One secret, and how often it may be tried. Failed tries never count against a client that knows it."""

    setting: str
    owner_of: Callable[[str], str | None] | None
    """Whose a secret is; None where there is none to show."""
    given: Callable[[web.Request], str | None]
    missing: str
    challenge: str
    unauthenticated: RateLimit
    authenticated: RateLimit | None

    def shown_by(self, request: web.Request) -> str | None:
        """Return whose secret a request shows."""
        given = self.given(request)
        return None if given is None or self.owner_of is None else self.owner_of(given)

    def check(self, request: web.Request, client: str) -> None:
        """Raise a ProblemError unless the request of a client shows the secret."""
        if (name := self.shown_by(request)) is not None:
            request[ACTOR] = Actor(name, client)
            if self.authenticated is not None:
                self.authenticated.take(client)
            return
        self.unauthenticated.take(client)
        if self.owner_of is None:
            raise ProblemError(403, f"this server has no {self.setting}, so this cannot be done; set it and restart")
        if self.given(request) is None:
            # Made anew each time: an exception that is kept holds on to the frames of each raise.
            raise ProblemError(401, self.missing, headers={"WWW-Authenticate": self.challenge})
        log.warning("secret.refused", setting=self.setting, remote=client, path=request.path)
        raise ProblemError(403, f"this is not the {self.setting} of this server")


class AccessControl:
    """Checks a request before it is read."""

    def __init__(self, settings: Settings) -> None:
        per_minute = settings.admin_requests_per_minute
        self._readers = RateLimit(per_minute)
        tokens = AdminTokens(_text(settings.admin_token), settings.admin_tokens_file)
        self._admin = SecretCheck(
            setting="ADMIN_TOKEN",
            owner_of=tokens.name_of if tokens.are_there else None,
            given=_bearer,
            missing="send the header Authorization: Bearer <ADMIN_TOKEN>",
            challenge='Bearer realm="arcwatch"',
            unauthenticated=RateLimit(per_minute),
            authenticated=RateLimit(per_minute),
        )
        webhook = SecretCheck(
            setting="HF_WEBHOOK_SECRET",
            owner_of=_one_secret("webhook", _text(settings.hf_webhook_secret)),
            given=_shared,
            missing="send the header X-Webhook-Secret",
            challenge="X-Webhook-Secret",
            unauthenticated=RateLimit(per_minute),
            # The Hub suspends a webhook whose deliveries are refused.
            authenticated=None,
        )
        self._secrets = {"adminToken": self._admin, "webhookSecret": webhook}
        self.cors = Cors(settings.cors_origins) if settings.cors_origins else None
        self.client_of = ClientAddress(settings.trusted_proxies).of

    def check(self, endpoint: Endpoint, request: web.Request) -> None:
        """Raise a ProblemError unless the request may go on."""
        if endpoint.secured:
            self._secrets[endpoint.secured].check(request, self.client_of(request))
        elif endpoint.limited and self._admin.shown_by(request) is None:
            self._readers.take(self.client_of(request))


def _text(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _one_secret(name: str, secret: str | None) -> Callable[[str], str | None] | None:
    if secret is None:
        return None
    known = secret.encode()
    return lambda given: name if hmac.compare_digest(given.encode(errors="surrogateescape"), known) else None


def _bearer(request: web.Request) -> str | None:
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" and given else None


def _shared(request: web.Request) -> str | None:
    return request.headers.get("X-Webhook-Secret")
