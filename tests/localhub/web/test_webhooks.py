"""Whoever registers a webhook with the official client hears of each commit, in the Hub's third format."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientSession, web
from huggingface_hub import HfApi, WebhookPayload
from localhub import LocalHub

REPO = "arcprize/arc_agi_v1_public_eval"
WATCHED: list[Any] = [{"type": "dataset", "name": REPO}]
ask = asyncio.to_thread


@dataclass
class Receiver:
    """An HTTP server that keeps what it is sent, and answers with the statuses it is told, then 204."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: asyncio.Queue[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=asyncio.Queue)

    async def handle(self, request: web.Request) -> web.Response:
        self.received.put_nowait((dict(request.headers), await request.json()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)

    async def next(self) -> tuple[dict[str, str], dict[str, Any]]:
        async with asyncio.timeout(10):
            return await self.received.get()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await runner.cleanup()


async def test_a_commit_is_delivered_with_secret_id_and_both_shas(
    hub: LocalHub, api: HfApi, receiver: Receiver
) -> None:
    old = hub.commit(REPO, {"model/1.json": b"[]"})
    hook = await ask(api.create_webhook, watched=WATCHED, url=receiver.url, secret="s3cret", domains=["repo"])
    new = hub.commit(REPO, {"model/2.json": b"[]"})
    headers, body = await receiver.next()
    assert headers["X-Webhook-Secret"] == "s3cret"
    assert headers["Webhook-Id"]
    payload = WebhookPayload.model_validate(body)
    assert (payload.event.action, payload.event.scope) == ("update", "repo.content")
    assert (payload.repo.type, payload.repo.name, payload.webhook.id) == ("dataset", REPO, hook.id)
    assert payload.updatedRefs is not None
    assert [(ref.ref, ref.oldSha, ref.newSha) for ref in payload.updatedRefs] == [("refs/heads/main", old, new)]
    assert body["repo"]["headSha"] == new


async def test_an_edit_in_the_folder_is_delivered_without_any_request(
    hub: LocalHub, api: HfApi, receiver: Receiver
) -> None:
    old = hub.commit(REPO, {"model/1.json": b"[]"})
    await ask(api.create_webhook, watched=WATCHED, url=receiver.url)
    (hub.datasets.root / REPO / "model" / "2.json").write_bytes(b"[1]")
    _headers, body = await receiver.next()
    assert body["updatedRefs"][0]["oldSha"] == old


async def test_a_refused_delivery_is_repeated_under_the_same_id(hub: LocalHub, api: HfApi, receiver: Receiver) -> None:
    receiver.statuses = [500]
    await ask(api.create_webhook, watched=WATCHED, url=receiver.url)
    hub.commit(REPO, {"model/1.json": b"[]"})
    (first, body), (second, again) = await receiver.next(), await receiver.next()
    assert first["Webhook-Id"] == second["Webhook-Id"]
    assert body == again


async def test_only_watchers_hear_of_a_dataset(hub: LocalHub, api: HfApi, receiver: Receiver) -> None:
    await ask(api.create_webhook, watched=[{"type": "org", "name": "arcprize"}], url=receiver.url)
    hub.commit("somebody/else", {"model/1.json": b"[]"})
    hub.commit(REPO, {"model/1.json": b"[]"})
    _headers, body = await receiver.next()
    assert body["repo"]["name"] == REPO
    assert receiver.received.empty()


async def test_webhooks_are_listed_disabled_and_deleted(hub: LocalHub, api: HfApi, receiver: Receiver) -> None:
    hook = await ask(api.create_webhook, watched=WATCHED, url=receiver.url, secret="s")
    assert await ask(api.list_webhooks) == [hook]
    assert (await ask(api.disable_webhook, hook.id)).disabled
    hub.commit(REPO, {"model/1.json": b"[]"})
    assert not (await ask(api.enable_webhook, hook.id)).disabled
    new = hub.commit(REPO, {"model/2.json": b"[]"})
    _headers, body = await receiver.next()
    assert body["updatedRefs"][0]["newSha"] == new
    await ask(api.delete_webhook, hook.id)
    assert await ask(api.list_webhooks) == []


@pytest.mark.parametrize("body", [b'{"watched": []}', b"[]", b"not json"])
async def test_a_registration_that_makes_no_sense_is_a_bad_request(hub: LocalHub, body: bytes) -> None:
    async with ClientSession() as session, session.post(f"{hub.url}/api/settings/webhooks", data=body) as answer:
        assert answer.status == 400
