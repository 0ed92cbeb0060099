"""Wrong secrets lock no client out that knows a secret, nor fill memory; configured origins can read every error."""

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector, web
from aiohttp.test_utils import TestServer
from query_api.probes import worker_probe
from query_api.routes import access
from query_api.routes.access import Cors, RateLimit, network_of
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings

from tests.query_api.conftest import SECRET, TOKEN, Start
from tests.query_api.routes.test_webhook import payload
from tests.support.api import Api

ORIGIN = "https://dashboard.example"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
WRONG = {"Authorization": "Bearer wrong"}
HOOK = "/webhooks/huggingface"
KNOWN = {"X-Webhook-Secret": SECRET}
FOLDERS = "/api/admin/hf-folders?baseUrl=not/watched"


async def _statuses(count: int, ask: Callable[[], Any]) -> list[int]:
    return [(await ask())[0] for _ in range(count)]


async def test_strangers_with_wrong_secrets_lock_no_client_out(start: Start) -> None:
    async with start(admin_requests_per_minute=3) as api:
        assert await _statuses(5, lambda: api.post("/api/admin/sync", {}, **WRONG)) == [403, 403, 403, 429, 429]
        assert await _statuses(4, lambda: api.post(HOOK, payload(), **{"X-Webhook-Secret": "x"})) == [
            403,
            403,
            403,
            429,
        ]
        assert await _statuses(4, lambda: api.get(FOLDERS)) == [422, 422, 422, 429]
        # All of these come from the same address, as behind a proxy.
        assert (await api.post("/api/admin/sync", {}, **BEARER))[0] == 202
        assert (await api.get(FOLDERS, **BEARER))[0] == 422
        assert set(await _statuses(20, lambda: api.post(HOOK, payload(), **KNOWN))) == {202}


async def test_each_purpose_has_an_allowance_of_its_own(start: Start) -> None:
    async with start(admin_requests_per_minute=1) as api:
        for ask in (
            lambda: api.post("/api/admin/sync", {}, **WRONG),
            lambda: api.post(HOOK, payload()),
            lambda: api.get(FOLDERS),
            lambda: api.post("/api/admin/sync", {}, **BEARER),
        ):
            first, second = await _statuses(2, ask)
            assert (first == 429, second) == (False, 429)


async def test_without_a_secret_to_know_tries_are_limited_too(start: Start) -> None:
    async with start(admin_token=None, admin_requests_per_minute=2) as api:
        assert await _statuses(3, lambda: api.post("/api/admin/sync", {}, **BEARER)) == [403, 403, 429]


def test_a_bucket_fills_again_with_time_and_never_above_its_brim() -> None:
    now = 0.0
    limit = RateLimit(120, clock=lambda: now)
    for start in (0.0, 1_000.0):
        now = start
        assert [limit.seconds_to_wait("10.0.0.1") for _ in range(120)] == [0.0] * 120
        assert limit.seconds_to_wait("10.0.0.1") == pytest.approx(0.5)
        now = start + 0.25
        assert limit.seconds_to_wait("10.0.0.1") == pytest.approx(0.25)
        assert limit.seconds_to_wait("10.0.0.2") == 0.0
        now = start + 0.5
        assert limit.seconds_to_wait("10.0.0.1") == 0.0
        assert limit.seconds_to_wait("10.0.0.1") == pytest.approx(0.5)


async def test_who_waits_is_told_how_long_and_others_do_not() -> None:
    now = 0.0
    limit = RateLimit(1, clock=lambda: now)

    async def answer(request: web.Request) -> web.Response:
        try:
            limit.take(request.remote)
        except ProblemError as problem:
            return web.Response(status=problem.status, text=str(problem), headers=problem.headers)
        return web.Response()

    app = web.Application()
    app.router.add_get("/", answer)
    async with TestServer(app, host="127.0.0.1") as server:

        async def ask(address: str) -> tuple[int, str, str | None]:
            connector = TCPConnector(local_addr=(address, 0))
            async with ClientSession(connector=connector) as http, http.get(server.make_url("/")) as answer:
                return answer.status, await answer.text(), answer.headers.get("Retry-After")

        assert await ask("127.0.0.1") == (200, "", None)
        now = 30.5
        assert await ask("127.0.0.1") == (429, "try again in 30 s", "30")
        now = 59.9
        assert await ask("127.0.0.1") == (429, "try again in 1 s", "1")
        assert await ask("127.0.0.2") == (200, "", None)


def test_who_was_not_seen_for_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_TRACKED_NETWORKS", 2)
    limit = RateLimit(1, clock=lambda: 0.0)
    assert [limit.seconds_to_wait(each) > 0 for each in ("a", "b", "a", "c", "a", "c", "b")] == [
        *(False, False, True, False),
        *(True, True, False),
    ]


def test_the_table_of_networks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_TRACKED_NETWORKS", 100)
    limit = RateLimit(1, clock=lambda: 0.0)
    for number in range(1_000):
        limit.seconds_to_wait(f"10.0.{number // 256}.{number % 256}")
        assert limit.seconds_to_wait("192.0.2.1") == pytest.approx(0 if number == 0 else 60)
    assert len(limit._buckets) == 100


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("not an address", "not an address"),
        (None, ""),
    ],
)
def test_who_chooses_among_addresses_has_one_allowance(address: str | None, network: str) -> None:
    assert network_of(address) == network


async def test_no_origin_is_let_in_by_default(api: Api) -> None:
    async with api.http.get("/api/models", headers={"Origin": ORIGIN}) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers


ERRORS = [
    ("GET", "/api/models", {}, 200),
    ("GET", "/api/models", {"If-None-Match": "*"}, 304),
    ("GET", "/api/admin/ingestion-history", {}, 200),
    ("GET", "/", {}, 200),
    ("GET", "/healthz", {}, 200),
    ("GET", "/api/models?unknown=1", {}, 400),
    ("POST", "/api/admin/sync", {}, 401),
    ("POST", "/api/admin/sync", WRONG, 403),
    ("GET", "/nowhere", {}, 404),
    ("DELETE", "/api/models", {}, 405),
    ("POST", "/api/admin/sync", {**BEARER, "Content-Type": "text/plain"}, 415),
    ("GET", "/api/models", {"Expect": "the unexpected"}, 417),
    ("GET", FOLDERS, {}, 422),
]


@pytest.mark.parametrize("origins", [(ORIGIN, "https://third.example"), ("*",)])
async def test_pages_elsewhere_can_read_every_answer(start: Start, origins: tuple[str, ...]) -> None:
    async with start(cors_origins=origins) as api:
        for method, path, headers, status in ERRORS:
            async with api.http.request(method, path, headers={**headers, "Origin": ORIGIN}) as answer:
                assert answer.status == status, path
                _readable(answer.headers, origins[0])
        for wanted, path in (("GET", "/api/models"), ("PATCH", "/api/models"), ("POST", "/nowhere")):
            headers = {"Origin": ORIGIN, "Access-Control-Request-Method": wanted}
            async with api.http.options(path, headers=headers) as answer:
                assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, origins[0])
                _may_be_sent(answer.headers, wanted)


def _may_be_sent(headers: Any, wanted: str) -> None:
    methods = set(headers["Access-Control-Allow-Methods"].split(", "))
    assert wanted in methods
    assert methods <= {"GET", "HEAD", wanted}
    sendable = set(headers["Access-Control-Allow-Headers"].split(", "))
    assert {"Authorization", "Content-Type", "If-None-Match", "Last-Event-ID", "X-Request-Id"} == sendable
    assert headers["Access-Control-Max-Age"] == "600"


async def test_pages_elsewhere_can_read_when_to_come_back(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    async with start(cors_origins=(ORIGIN,), admin_requests_per_minute=2, max_event_clients=1) as api:
        requests: list[tuple[str, str, dict[str, str], int]] = [
            *[("POST", "/api/admin/sync", WRONG, status) for status in (403, 403, 429)],
            ("GET", "/api/events", {}, 503),
        ]
        async with api.http.get("/api/events", headers={"Origin": ORIGIN}) as events:
            _readable(events.headers, ORIGIN)
            for method, path, headers, status in requests:
                async with api.http.request(method, path, headers={**headers, "Origin": ORIGIN}) as answer:
                    assert answer.status == status
                    _readable(answer.headers, ORIGIN)
                    assert ("Retry-After" in answer.headers) == (status in {429, 503})
        monkeypatch.setattr(worker_probe, "_ask", _broken)
        async with api.http.get("/api/status", headers={"Origin": ORIGIN}) as answer:
            assert answer.status == 500
            _readable(answer.headers, ORIGIN)


async def _broken(*_: object) -> None:
    raise RuntimeError("a fault of ours")


@pytest.mark.parametrize(
    ("origins", "expected"), [((ORIGIN,), ORIGIN), (("*",), "*"), ((ORIGIN, "https://third.example"), None)]
)
def test_where_one_origin_alone_may_read_it_reads_what_could_not_be_understood_too(
    origins: tuple[str, ...], expected: str | None
) -> None:
    response = web.Response()
    Cors(origins).unread(response)
    assert response.headers.get("Access-Control-Allow-Origin") == expected


@pytest.mark.parametrize(
    ("configured", "sent"),
    [
        ("HTTPS://Dashboard.Example:443/", "https://dashboard.example"),
        ("https://dashboard.example", "https://Dashboard.example:443"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example"),
        ("http://[2001:DB8:0::1]:80", "http://[2001:db8::1]"),
    ],
)
async def test_an_origin_may_be_written_otherwise(start: Start, configured: str, sent: str) -> None:
    origins = Settings.model_validate({"cors_origins": f"{configured},https://third.example"}).cors_origins
    async with start(cors_origins=origins) as api:
        for path in ("/api/models", "/nowhere"):
            async with api.http.get(path, headers={"Origin": sent}) as answer:
                _readable(answer.headers, sent)
        for other in ("http://dashboard.example", "https://dashboard.example:8443", "null", "https://"):
            async with api.http.get("/api/models", headers={"Origin": other}) as answer:
                assert "Access-Control-Allow-Origin" not in answer.headers


async def test_caches_keep_answers_for_each_origin_apart(start: Start) -> None:
    async with start(cors_origins=(ORIGIN,)) as api, api.http.get("/api/models") as answer:
        assert "Origin" in answer.headers["Vary"].split(", ")


async def test_other_origins_read_nothing(start: Start) -> None:
    async with start(cors_origins=(ORIGIN,)) as api:
        for path in ("/api/models", "/nowhere"):
            async with api.http.get(path, headers={"Origin": "https://other.example"}) as answer:
                assert "Access-Control-Allow-Origin" not in answer.headers
                assert "Origin" in ", ".join(answer.headers.getall("Vary"))


def _readable(headers: Any, origin: str) -> None:
    assert headers.getall("Access-Control-Allow-Origin") == [origin]
    assert {"ETag", "Age", "Date", "Retry-After", "Allow", "WWW-Authenticate"} <= set(
        headers["Access-Control-Expose-Headers"].split(", ")
    )
