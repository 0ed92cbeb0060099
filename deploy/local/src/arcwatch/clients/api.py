"""The query API as commands ask it: one request, one JSON answer, and the API's own words when it refuses."""

import http.client
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from arcwatch.clients.running import admin_token_of, url_of
from arcwatch.errors import DeploymentError, without_password
from arcwatch.ports import LOOPBACK

TIMEOUT_SECONDS = 20.0
_MOST_ROWS = 500
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class NoAnswerError(DeploymentError):
    """The query API does not answer now, or answers that it cannot: asking again may help."""

    retry_after_seconds: int | None = None
    """When it says so itself."""


class _Object(dict[str, Any]):
    """A JSON object of an answer. That a field is missing is no bug of ours, so it is told in words."""

    def __missing__(self, name: str) -> NoReturn:
        raise DeploymentError(f"the answer holds no {name!r}: is it arcwatch's query API, and of this version?")


def get(
    data_dir: Path | None,
    url: str | None,
    path: str,
    query: Mapping[str, object],
    timeout_seconds: float | None = None,
) -> dict[str, Any]:
    """Return the answer to a GET; parameters that are None are left out."""
    query_string = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
    return _asked(url_of("url", data_dir, url), f"{path}?{query_string}", timeout_seconds=timeout_seconds)


def get_all(data_dir: Path | None, url: str | None, path: str, query: Mapping[str, object]) -> list[dict[str, Any]]:
    """Return the `data` of every page; what lands meanwhile moves no row from one page to another."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        answer = get(data_dir, url, path, {**query, "limit": _MOST_ROWS, "cursor": cursor})
        found += answer["data"]
        cursor = answer["nextCursor"]
        if cursor is None:
            return found


def as_admin(
    data_dir: Path | None, url: str | None, path: str, *, method: str, body: Mapping[str, object] | None = None
) -> dict[str, Any]:
    """Return the answer to a request of an admin, whose token is the environment's or the data folder's."""
    base = url_of("url", data_dir, url)
    token = os.environ.get("ADMIN_TOKEN") or (None if url else admin_token_of(data_dir))
    if token is None:
        raise DeploymentError("this asks for the server's ADMIN_TOKEN: set it in the environment")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    return _asked(base, path, method=method, headers=headers, body=data)


def _asked(
    base: str,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] = _NO_HEADERS,
    body: bytes | None = None,
    timeout_seconds: float | None = None,
) -> dict[str, Any]:
    shown = without_password(base.rstrip("/"))
    headers = {"Accept": "application/json", **headers}
    try:
        with opened(base, path, method=method, headers=headers, body=body, timeout_seconds=timeout_seconds) as response:
            found = json.load(response, object_hook=_Object)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DeploymentError(f"{shown} answers with something else than JSON: is it arcwatch's query API?") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise NoAnswerError(f"the query API at {shown} does not answer: {reason}") from error
    if not isinstance(found, _Object):
        raise DeploymentError(f"{shown} answers with no JSON object: is it arcwatch's query API?")
    return found


def opened(
    base: str,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] = _NO_HEADERS,
    body: bytes | None = None,
    timeout_seconds: float | None = None,
) -> http.client.HTTPResponse:
    """Return an answer that is still to be read; raise a DeploymentError where there is none, or a refusal."""
    base, host = _checked(base)
    request = urllib.request.Request(f"{base}{path}", data=body, headers=dict(headers), method=method)  # noqa: S310 - checked
    try:
        found: http.client.HTTPResponse = _opener(host).open(request, timeout=timeout_seconds or TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise NoAnswerError(f"the query API at {without_password(base)} does not answer: {reason}") from error
    return found


def _checked(base: str) -> tuple[str, str]:
    """Return a base URL without its last slash, and its host."""
    try:
        parts = urllib.parse.urlsplit(base)
        known = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or True)
    except ValueError:
        known = False
    if not known:
        raise DeploymentError(
            f"{without_password(base)!r} is not a URL of the query API, such as http://127.0.0.1:8080"
        )
    return base.rstrip("/"), parts.hostname or ""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect of an admin's request: it would go on with the token, wherever that leads, and as a GET."""

    def redirect_request(self, req: urllib.request.Request, fp: Any, *given: Any) -> urllib.request.Request | None:
        if req.has_header("Authorization"):
            fp.close()
            where, there = (without_password(each) for each in (req.full_url, given[-1]))
            raise DeploymentError(f"{where} redirects to {there}: give the URL of the query API there")
        return super().redirect_request(req, fp, *given)


def _opener(host: str) -> urllib.request.OpenerDirector:
    """Return an opener that goes to this machine directly, and elsewhere as the environment says."""
    here = host in {LOOPBACK, "::1", "localhost"}
    return urllib.request.build_opener(_Redirects, *([urllib.request.ProxyHandler({})] if here else []))


def _refusal(error: urllib.error.HTTPError) -> DeploymentError:
    try:
        problem = json.load(error)
        words = str(problem.get("detail") or problem["title"])
    except (OSError, ValueError, AttributeError, LookupError):
        words = f"the query API answers {error.code} {error.reason}"
    if error.code not in _FOR_NOW:
        return DeploymentError(words)
    refused, seconds = NoAnswerError(words), error.headers.get("Retry-After") or ""
    refused.retry_after_seconds = int(seconds) if seconds.isdecimal() else None
    return refused


_FOR_NOW = frozenset({429, 502, 503, 504})
