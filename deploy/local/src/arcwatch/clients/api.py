"""The query API as commands ask it: one request, one JSON answer, and the API's own words when it refuses."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from arcwatch.clients.running import admin_token_of, url_of
from arcwatch.errors import DeploymentError
from arcwatch.ports import LOOPBACK

_TIMEOUT_SECONDS = 30.0
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def get(data_dir: Path | None, url: str | None, path: str, query: Mapping[str, object]) -> dict[str, Any]:
    """Return the answer to a GET; parameters that are None are left out."""
    query_string = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
    return _asked(url_of("url", data_dir, url), f"{path}?{query_string}")


def as_admin(
    data_dir: Path | None, url: str | None, path: str, *, method: str, body: Mapping[str, object] | None = None
) -> dict[str, Any]:
    """Return the answer to a request of an admin, whose token is the environment's or the data folder's."""
    base = url_of("url", data_dir, url)
    token = os.environ.get("ADMIN_TOKEN") or (None if url else admin_token_of(data_dir))
    if token is None:
        raise DeploymentError("this asks for the server's ADMIN_TOKEN: set it in the environment")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return _asked(base, path, method, headers, None if body is None else json.dumps(body).encode())


def _asked(
    base: str, path: str, method: str = "GET", headers: Mapping[str, str] = _NO_HEADERS, body: bytes | None = None
) -> dict[str, Any]:
    base = base.rstrip("/")
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked below
        f"{base}{path}", data=body, headers={"Accept": "application/json", **headers}, method=method
    )
    if request.type not in {"http", "https"}:
        raise DeploymentError(f"{base} is not an http URL")
    try:
        with _opener(request.host).open(request, timeout=_TIMEOUT_SECONDS) as response:
            found: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise DeploymentError(_refusal(error)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise DeploymentError(f"the query API at {base} does not answer: {reason}") from error
    return found


def _opener(host: str) -> urllib.request.OpenerDirector:
    """Return an opener that goes to this machine directly, and elsewhere as the environment says."""
    here = urllib.parse.urlsplit(f"//{host}").hostname in {LOOPBACK, "::1", "localhost"}
    return urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if here else []))


def _refusal(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.load(error)
        return str(problem.get("detail") or problem.get("title"))
    except (ValueError, AttributeError):
        return f"the query API answers {error.code} {error.reason}"
