"""All that `arcwatch doctor` looks at, in the order in which it is shown."""

import os
from pathlib import Path

from pydantic import ValidationError

from arcwatch.clients import running
from arcwatch.doctor import checks, live_checks
from arcwatch.doctor.alert_checks import alerting
from arcwatch.doctor.bus_checks import bus
from arcwatch.doctor.checks import Finding
from arcwatch.doctor.database_checks import database
from arcwatch.doctor.hub_checks import HubSettings, hub


async def examine(
    data_dir: Path | None, nats_url: str | None, database_url: str | None, replicas: int, services: str | None = None
) -> list[Finding]:
    """Look at this machine, then at the servers that were named, or else at those of the running deployment.

    `services` name a deployment elsewhere: then nothing of this machine's folder, programs and ports matters.
    """
    place, here = running.chosen(data_dir), running.running(data_dir) or {}
    found = [*checks.settings(os.environ), *checks.task_sets()]
    if services:
        found += await live_checks.services_elsewhere(services)
    else:
        found = [*checks.programs(), *found, *checks.data_folder(place), *live_checks.deployment(place)]
        found += live_checks.wanted_ports(place, os.environ)
        if here:
            found += await live_checks.services(place)
    try:
        settings = HubSettings(**running.hub_settings(data_dir, HubSettings))  # type: ignore[arg-type] # as the environment has them: text
    except ValidationError:
        pass  # said by the check of the settings
    else:
        found += await hub(settings)
    if url := nats_url or here.get("nats_url"):
        found += await bus(url, replicas)
    if url := database_url or here.get("database_url"):
        found += await database(url)
    found += await alerting(os.environ.get("ALERTMANAGER_URL"))
    return found
