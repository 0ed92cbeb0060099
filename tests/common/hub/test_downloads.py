"""Downloads follow redirects, give the token to the Hub alone, and count what they asked."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from common.hub.client import HubClient
from common.hub.downloads import RemoteFile
from common.hub.responses import CorruptFileError, FileMissingError, HubRefusedError, RevisionGoneError
from common.hub.session import MAX_REDIRECTS
from common.outcomes import TransientError

from tests.support.hub import TestHub
from tests.support.hub.faults import RedirectToCdn, Status

DATA = "owner/data"
SECRET = "hf_secret"


@pytest.fixture
def outcomes() -> Counter[str]:
    return Counter()


@pytest.fixture
async def hub(server: TestHub, outcomes: Counter[str]) -> AsyncIterator[HubClient]:
    """Lend a client of a Hub that is private."""
    server.access.token = SECRET
    server.access.private.add(DATA)
    async with HubClient(server.url, SECRET, on_outcome=lambda outcome: outcomes.update([outcome])) as opened:
        yield opened


@pytest.fixture
def file(server: TestHub) -> RemoteFile:
    return RemoteFile("b/1.json", 3, server.oid(DATA, "b/1.json"))


def authorizations(server: TestHub) -> set[str | None]:
    """Return what the Hub was shown."""
    return {request.headers.get("Authorization") for request in server.requests}


async def test_another_origin_sees_no_token(hub: HubClient, server: TestHub, file: RemoteFile) -> None:
    server.faults.add(RedirectToCdn(), "resolve")
    assert await hub.download(DATA, "main", file) == b"[2]"
    (request,) = server.cdn_requests
    assert "Authorization" not in request.headers
    assert authorizations(server) == {f"Bearer {SECRET}"}


async def test_a_redirect_within_the_hub_keeps_the_token(
    hub: HubClient, server: TestHub, file: RemoteFile, outcomes: Counter[str]
) -> None:
    server.faults.add(Status(307, {"Location": f"../../main/{file.path}"}), "resolve/old", times=1)
    assert await hub.download(DATA, "old", file) == b"[2]"
    assert [request.status for request in server.requests.matching("resolve")] == [307, 200]
    assert outcomes == {"ok": 1}


async def test_redirects_without_end_end(hub: HubClient, server: TestHub, file: RemoteFile) -> None:
    server.faults.add(Status(302, {"Location": "x"}), times=None)
    with pytest.raises(TransientError, match="redirects more than 10 times"):
        await hub.download(DATA, "main", file)
    assert server.requests.count() == 3 * MAX_REDIRECTS


@pytest.mark.parametrize("place", ["mailto:x@example.org", "http://[", "ftp://127.0.0.1/x"])
async def test_a_redirect_to_no_web_page_is_transient(
    hub: HubClient, server: TestHub, file: RemoteFile, place: str
) -> None:
    server.faults.add(Status(302, {"Location": place}), "resolve", times=None)
    with pytest.raises(TransientError):
        await hub.download(DATA, "main", file)


async def test_the_quota_is_the_hubs_even_where_a_cdn_answers(
    hub: HubClient, server: TestHub, file: RemoteFile
) -> None:
    server.faults.add(RedirectToCdn(), "resolve")
    await hub.download(DATA, "main", file)
    assert hub.quota.budgets["resolvers"].left > 0


async def test_passwords_of_netrc_are_not_sent(
    server: TestHub, file: RemoteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with HubClient(server.url) as anybody:
        await anybody.folders(DATA)
        await anybody.download(DATA, "main", file)
    assert authorizations(server) == {None}


@pytest.mark.parametrize(
    ("answer", "error", "tries", "outcome"),
    [
        (Status(401), HubRefusedError, 1, "unauthorized"),
        (Status(404), FileMissingError, 1, "not_found"),
        (Status(404, {"X-Error-Code": "RevisionNotFound"}), RevisionGoneError, 1, "not_found"),
        (Status(200), CorruptFileError, 3, "ok"),
        (Status(503), TransientError, 3, "server_error"),
        (Status(429, {"Retry-After": "900"}), TransientError, 1, "rate_limited"),
    ],
)
async def test_each_answer_has_its_error_its_tries_and_its_word(
    hub: HubClient, server: TestHub, file: RemoteFile, outcomes: Counter[str],
    answer: Status, error: type[TransientError], tries: int, outcome: str,
) -> None:  # fmt: skip
    server.faults.add(answer, "resolve", times=None)
    with pytest.raises(TransientError) as raised:
        await hub.download(DATA, "main", file)
    assert type(raised.value) is error
    assert server.requests.count("resolve") == tries
    assert outcomes == {outcome: tries}


async def test_verified_bytes_are_counted(server: TestHub, file: RemoteFile) -> None:
    counted: list[int] = []
    async with HubClient(server.url, on_bytes=counted.append) as hub:
        await hub.download(DATA, "main", file)
    assert counted == [3]
