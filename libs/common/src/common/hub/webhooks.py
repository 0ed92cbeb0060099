"""Webhooks of the token's account, which the Hub calls when a dataset changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from huggingface_hub import HfApi, WebhookInfo


@dataclass(frozen=True)
class Webhook:
    """What the Hub calls, and for which datasets; `watched` also names models, spaces and accounts."""

    id: str
    url: str | None
    watched: tuple[str, ...]
    datasets: frozenset[str]
    disabled: bool


def registered_webhooks(api: HfApi) -> list[Webhook]:
    """Return those that are registered."""
    return [_webhook(info) for info in api.list_webhooks()]


def register_webhook(url: str, datasets: Sequence[str], secret: str, api: HfApi) -> Webhook:
    """Register one for the commits of datasets."""
    watched: list[Any] = [{"type": "dataset", "name": name} for name in datasets]
    return _webhook(api.create_webhook(url=url, watched=watched, domains=["repo"], secret=secret))


def _webhook(info: WebhookInfo) -> Webhook:
    watched = tuple(item.name for item in info.watched)
    datasets = frozenset(item.name for item in info.watched if item.type == "dataset")
    return Webhook(info.id, info.url, watched, datasets, info.disabled)
