"""Registering the query API's receiver with the Hub, through the official client."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx2
from common.process.settings import ServiceSettings
from huggingface_hub import HfApi, WebhookInfo
from huggingface_hub.errors import HfHubHTTPError

from arcwatch.errors import DeploymentError

RECEIVER = "/webhooks/huggingface"


def create(settings: ServiceSettings, url: str, secret: str) -> tuple[WebhookInfo, bool]:
    """Register the URL for every dataset watched; return it, and whether it was there already."""
    if settings.token is None:
        raise DeploymentError(
            "the Hub registers webhooks for accounts: set HF_TOKEN to a token that may write (Settings, Access Tokens)"
        )
    address = receiver(url)
    api = HfApi(endpoint=settings.endpoint, token=settings.token)
    try:
        same = next((hook for hook in api.list_webhooks() if _is_it(hook, address, settings.hf_datasets)), None)
        if same is not None:
            return same, True
        watched: list[Any] = [{"type": "dataset", "name": name} for name in settings.hf_datasets]
        return api.create_webhook(url=address, watched=watched, domains=["repo"], secret=secret), False
    except HfHubHTTPError as error:
        raise DeploymentError(_refusal(error, settings.endpoint)) from error
    except httpx2.RequestError as error:
        raise DeploymentError(f"the Hub at {settings.endpoint} does not answer: {error}") from error


def receiver(url: str) -> str:
    """Return the receiver's address; the path may be left out."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise DeploymentError(f"{url!r} is not the query API's public address, such as https://arc.example.org")
    path = parts.path.rstrip("/")
    return parts._replace(path=path if path.endswith(RECEIVER) else path + RECEIVER, fragment="").geturl()


def _is_it(hook: WebhookInfo, address: str, datasets: Sequence[str]) -> bool:
    watched = {item.name for item in hook.watched if item.type == "dataset"}
    return hook.url == address and watched >= set(datasets) and not hook.disabled


def _refusal(error: HfHubHTTPError, endpoint: str) -> str:
    status = error.response.status_code
    if status in {401, 403}:
        return f"the Hub at {endpoint} refuses HF_TOKEN ({status}): it needs a token that may write webhooks"
    return f"the Hub at {endpoint} answers {status}: {error.server_message or error}"
