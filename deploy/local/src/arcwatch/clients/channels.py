"""The notifier's channels as the query API tells of them, and tests that the notifier sends."""

import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from arcwatch.clients.api import as_admin
from arcwatch.errors import DeploymentError

_PATH = "/api/admin/notifications"
# The query API takes 60 requests of an admin in a minute.
_LOOK_SECONDS = 2.0


class Taken(NamedTuple):
    """What became of a test: why it was not taken, where it was not."""

    kind: str | None
    reason: str | None


def listed(data_dir: Path | None, url: str | None) -> list[dict[str, Any]]:
    """Return the channels, by name."""
    found: list[dict[str, Any]] = as_admin(data_dir, url, _PATH, method="GET")["data"]
    return found


def test_by_notifier(data_dir: Path | None, url: str | None, name: str) -> Taken:
    """Have the notifier send a test to a channel, and wait for what becomes of it: two minutes at most."""
    asked = as_admin(data_dir, url, f"{_PATH}/{quote(name, safe='')}/test", method="POST")["data"]
    while True:
        test = next((each["lastTest"] for each in listed(data_dir, url) if each["name"] == name), None)
        if test is None or test["id"] != asked["id"]:
            raise DeploymentError("another test was asked for meanwhile: `arcwatch notify channels` tells of that")
        if test["state"] == "delivered":
            return Taken(None, None)
        if test["state"] == "refused":
            return Taken(test["kind"], test["reason"])
        if test["state"] not in {"waiting", "sending"}:
            raise DeploymentError(f"the test is {test['state']}: see whether the notifier runs, and what its log says")
        time.sleep(_LOOK_SECONDS)
