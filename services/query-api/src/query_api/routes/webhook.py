"""The Hub's webhooks: a hint that a dataset changed. Polling stays the truth."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Final, Literal

import asyncpg
import structlog
from aiohttp import web
from common.events import SyncRequested
from common.process.choices import watched
from nats.aio.client import Client
from prometheus_client import Counter
from pydantic import BaseModel, ConfigDict, Field

from query_api.metrics import DeliveryOutcome
from query_api.routes.console.audited import deed_of, note_down
from query_api.routes.endpoint import Endpoint
from query_api.routes.publish import publish
from query_api.schemas.base import Answer
from query_api.settings import Settings
from query_api.store import submissions

log = structlog.get_logger(__name__)

_MAIN = "refs/heads/main"
_DELIVERY_ID = re.compile(r"[\w.:-]{1,128}")


# What became of a delivery: for the metric, and in words.
REASONS: Final[Mapping[DeliveryOutcome, str]] = {
    "accepted": "a sync is requested",
    "not_watched": "not a dataset that is watched here",
    "not_files": "not a change of files",
    "not_main": "not a change of main",
}


class _Part(BaseModel):
    """The Hub adds fields as it likes."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class WebhookEvent(_Part):
    """What happened."""

    action: Annotated[str, Field(max_length=50)]
    scope: Annotated[str, Field(max_length=100)]


class WebhookRepo(_Part):
    """Where."""

    type: Annotated[str, Field(max_length=50)]
    name: Annotated[str, Field(max_length=255)]


class WebhookRef(_Part):
    """A branch, tag or other ref that moved."""

    ref: Annotated[str, Field(max_length=1_000)]


class WebhookBody(_Part):
    """The part of the Hub's payload (version 3) that matters here."""

    event: WebhookEvent
    repo: WebhookRepo
    updated_refs: Annotated[list[WebhookRef] | None, Field(alias="updatedRefs", max_length=1_000)] = None

    @property
    def why_not(self) -> Literal["not_files", "not_main"] | None:
        """Why it tells of no change of the main branch's files; a delivery need not name refs."""
        if not self.event.scope.startswith("repo"):
            return "not_files"
        moves_main = self.updated_refs is None or any(each.ref == _MAIN for each in self.updated_refs)
        return None if moves_main else "not_main"


class WebhookAnswer(Answer):
    """Whether the delivery asks for a sync."""

    accepted: bool
    reason: str


@partial(
    Endpoint,
    "/webhooks/huggingface",
    "Webhooks",
    method="POST",
    status=202,
    problems=(503,),
    secured="webhookSecret",
    headers={"Webhook-Id": "The delivery's id: a delivery that comes twice asks once."},
)
async def receive_webhook(
    *,
    settings: Settings,
    client: Client,
    pool: asyncpg.Pool,
    deliveries: Counter,
    request: web.Request,
    body: WebhookBody,
) -> WebhookAnswer:
    """The Hub tells that a dataset changed."""
    dataset = await _dataset(settings, pool, body.repo)
    outcome: DeliveryOutcome = "not_watched" if dataset is None else body.why_not or "accepted"
    deliveries.labels(outcome).inc()
    if dataset is None or outcome != "accepted":
        return WebhookAnswer(accepted=False, reason=REASONS[outcome])
    given = request.headers.get("Webhook-Id", "")
    delivery = f"webhook-{given}" if _DELIVERY_ID.fullmatch(given) else None
    await publish(client, SyncRequested(dataset=dataset, trigger="webhook", request_id=delivery))
    await note_down(pool, deed_of(request, "sync", dataset=dataset, delivery=delivery))
    log.info("webhook.accepted", dataset=dataset, action=body.event.action, delivery=delivery)
    return WebhookAnswer(accepted=True, reason=REASONS[outcome])


async def _dataset(settings: Settings, pool: asyncpg.Pool, repo: WebhookRepo) -> str | None:
    """Return the dataset of ours that a delivery means: by its name, or by the one that the Hub gave it since."""
    if repo.type != "dataset":
        return None
    named = watched(repo.name, settings.hf_datasets) or await submissions.dataset_called(pool, repo.name)
    return named if named in settings.hf_datasets else None


ENDPOINTS = (receive_webhook,)
