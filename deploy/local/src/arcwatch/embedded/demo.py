"""What `arcwatch demo` adds to a deployment: a local Hub in which sample submissions land, and no network."""

import secrets
import sys
from collections.abc import Mapping

import aiohttp

from arcwatch import ports
from arcwatch.embedded.deployment import Addresses, Deployment, Extras

DATASETS = ("arcprize/arc_agi_v1_public_eval", "arcprize/arc_agi_v2_public_eval")


class Demo(Extras):
    """What a demo adds to a deployment: the Hub, the settings that point to it, the webhook that tells of news."""

    def __init__(self, every_seconds: float) -> None:
        self._every = every_seconds
        self._secret = secrets.token_urlsafe(16)
        self._hub_url = ""

    async def setup(self, deployment: Deployment) -> Mapping[str, str]:
        """Start the Hub, and return the settings with which the services use it."""
        port = deployment.ports["hub"]
        self._hub_url = f"http://{ports.LOOPBACK}:{port}"
        folder = deployment.options.data_dir.path / "hub"
        folder.mkdir(exist_ok=True)
        hub = deployment.service(
            "hub",
            (sys.executable, "-m", "localhub.demo", str(folder), str(port), str(self._every)),
            deployment.options.environment,
            port,
            ready_path=f"/api/datasets/{DATASETS[0]}",
        )
        deployment.supervisor.run(hub)
        await deployment.until_ready(hub)
        return {
            "HF_ENDPOINT": self._hub_url,
            "HF_DATASETS": ",".join(DATASETS),
            "HF_TOKEN": "",
            "HF_HUB_OFFLINE": "0",
            "HF_WEBHOOK_SECRET": self._secret,
            "HF_SYNC_AUTO_INGEST": "true",
            "HF_SYNC_CATCH_UP": "true",
            "ENABLE_CRON_JOBS": "true",
        }

    async def when_ready(self, addresses: Addresses) -> None:
        """Let the Hub tell the query API of every new submission, as huggingface.co would."""
        hook = {
            "url": f"{addresses.url}/webhooks/huggingface",
            "watched": [{"type": "dataset", "name": name} for name in DATASETS],
            "domains": ["repo"],
            "secret": self._secret,
        }
        async with aiohttp.ClientSession(raise_for_status=True) as http:
            await http.post(f"{self._hub_url}/api/settings/webhooks", json=hook)
