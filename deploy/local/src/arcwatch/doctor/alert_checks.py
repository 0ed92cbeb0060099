"""What `arcwatch doctor` asks Alertmanager: who is told when something fails, and whether notifications arrive."""

import asyncio
import json
import re
import urllib.request
from collections.abc import Iterable

from arcwatch.doctor.checks import Finding, Verdict, ok

CHECK = "alerts"
_TIMEOUT_SECONDS = 5.0
# In Alertmanager's own writing of its configuration, a receiver that tells somebody has one of these.
_RECEIVERS = re.compile(r"^\s*(?:- )?(\w+)_configs:", re.MULTILINE)
_FAILED = re.compile(r'^alertmanager_notifications_failed_total\{.*?integration="(\w+)".*\} (\S+)$', re.MULTILINE)
_HOW = "write the address of who is to be told into secrets/alerts: README, In containers"


async def alerting(url: str | None) -> Iterable[Finding]:
    """Ask the Alertmanager that was named whether its alerts reach people."""
    if not url:
        found = "ALERTMANAGER_URL is not set: as far as is known here, nobody is told when something fails"
        return [Finding(CHECK, Verdict.WARNING, found, "set it to where your Alertmanager answers")]
    try:
        status = json.loads(await asyncio.to_thread(_get, f"{url.rstrip('/')}/api/v2/status"))
        metrics = await asyncio.to_thread(_get, f"{url.rstrip('/')}/metrics")
        configuration = str(status["config"]["original"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        found = f"Alertmanager does not answer at {url}: {error}"
        return [Finding(CHECK, Verdict.PROBLEM, found, "start it, or set ALERTMANAGER_URL otherwise")]
    kinds = sorted(set(_RECEIVERS.findall(configuration)))
    if not kinds:
        return [Finding(CHECK, Verdict.WARNING, "no receiver is set: alerts reach nobody", _HOW)]
    failed = sorted({kind for kind, count in _FAILED.findall(metrics) if float(count)})
    if failed:
        found = f"notifications by {', '.join(failed)} have failed since Alertmanager was started"
        return [Finding(CHECK, Verdict.WARNING, found, "deploy/runbooks/ArcwatchNotificationsFail.md says what to do")]
    return [ok(CHECK, f"reach people by {', '.join(kinds)}")]


def _get(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("it is no http:// or https:// address")
    with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - as checked above
        return str(answer.read().decode())
