"""Registering the query API's receiver with the Hub."""

from http import HTTPStatus
from urllib.parse import urlsplit

from common.hub.client import HubClient, Webhook
from common.hub.quota import Quota
from common.hub.responses import HubRefusedError
from common.outcomes import TransientError
from common.process.settings import ServiceSettings

from arcwatch.errors import DeploymentError

RECEIVER = "/webhooks/huggingface"


async def create(settings: ServiceSettings, url: str, secret: str) -> tuple[Webhook, bool]:
    """Register the URL for every dataset watched; return it, and whether it was there already.

    One that is there gets the secret: which one it had, the Hub need not say.
    """
    if settings.token is None:
        raise DeploymentError(
            "the Hub registers webhooks for accounts: set HF_TOKEN to a token that may write (Settings, Access Tokens)"
        )
    address, datasets = receiver(url), settings.hf_datasets
    try:
        async with HubClient(settings.endpoint, settings.token, Quota(waits=False), attempts=1) as hub:
            for hook in await hub.webhooks():
                watched = {item.name for item in hook.watched if item.type == "dataset"}
                if hook.url == address and watched >= set(datasets) and not hook.disabled:
                    return await hub.renew_webhook(hook, secret), True
            return await hub.create_webhook(address, datasets, secret), False
    except TransientError as error:
        raise DeploymentError(_refusal(error, settings.endpoint)) from error


def receiver(url: str) -> str:
    """Return the receiver's address; the path may be left out."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise DeploymentError(f"{url!r} is not the query API's public address, such as https://arc.example.org")
    path = parts.path.rstrip("/")
    return parts._replace(path=path if path.endswith(RECEIVER) else path + RECEIVER, fragment="").geturl()


def _refusal(error: TransientError, endpoint: str) -> str:
    if isinstance(error, HubRefusedError) and error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return f"the Hub at {endpoint} refuses HF_TOKEN ({error.status}): it needs a token that may write webhooks"
    return f"{endpoint}: {error}"
