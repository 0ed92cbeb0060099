"""The query API as commands ask it: one request, one JSON answer, and the API's own words when it refuses."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arcwatch.clients.running import url_of
from arcwatch.errors import DeploymentError
from arcwatch.ports import LOOPBACK

_TIMEOUT_SECONDS = 30.0


def get(data_dir: Path | None, url: str | None, path: str, query: Mapping[str, object]) -> dict[str, Any]:
    """Return the answer to a GET; parameters that are None are left out."""
    query_string = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
    base = url_of("url", data_dir, url).rstrip("/")
    request = urllib.request.Request(f"{base}{path}?{query_string}", headers={"Accept": "application/json"})  # noqa: S310 - the scheme is checked below
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
    here = host.rpartition(":")[0] in {LOOPBACK, "localhost"}
    return urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if here else []))


def _refusal(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.load(error)
        return str(problem.get("detail") or problem.get("title"))
    except (ValueError, AttributeError):
        return f"the query API answers {error.code} {error.reason}"
