"""The Hub's webhooks: a hint that a dataset changed. Polling stays the truth."""

import re
from functools import partial
from typing import Annotated

import structlog
from aiohttp import web
from common.events import SyncRequested
from nats.aio.client import Client
from pydantic import BaseModel, ConfigDict, Field

from query_api.routes.endpoint import Endpoint
from query_api.routes.publish import publish
from query_api.schemas.base import Answer
from query_api.settings import Settings

log = structlog.get_logger(__name__)

_MAIN = "refs/heads/main"
_DELIVERY_ID = re.compile(r"[\w.:-]{1,128}")


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
    def moves_main(self) -> bool:
        """Whether the main branch moved, or may have: a delivery need not name refs."""
        return self.updated_refs is None or any(each.ref == _MAIN for each in self.updated_refs)


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
async def receive_webhook(settings: Settings, client: Client, request: web.Request, body: WebhookBody) -> WebhookAnswer:
    """The Hub tells that a dataset changed."""
    event, repo = body.event, body.repo
    if repo.type != "dataset" or repo.name not in settings.hf_datasets:
        return WebhookAnswer(accepted=False, reason="not a dataset that is watched here")
    if not event.scope.startswith("repo"):
        return WebhookAnswer(accepted=False, reason="not a change of files")
    if not body.moves_main:
        return WebhookAnswer(accepted=False, reason="not a change of main")
    given = request.headers.get("Webhook-Id", "")
    delivery = f"webhook-{given}" if _DELIVERY_ID.fullmatch(given) else None
    await publish(client, SyncRequested(dataset=repo.name, trigger="webhook", request_id=delivery))
    log.info("webhook.accepted", dataset=repo.name, action=event.action, delivery=delivery)
    return WebhookAnswer(accepted=True, reason="a sync is requested")


ENDPOINTS = (receive_webhook,)
