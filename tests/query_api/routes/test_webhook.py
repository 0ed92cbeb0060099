"""A delivery of the Hub that knows the secret asks for one sync of its dataset, however often it comes."""

from typing import Any

import pytest
from common.bus import topology
from common.events import SyncRequested
from nats.aio.client import Client

from tests.query_api.conftest import SECRET, Start
from tests.support.api import Api
from tests.support.writer import DATASET

PATH = "/webhooks/huggingface"
KNOWN = {"X-Webhook-Secret": SECRET}


def payload(repo: str = DATASET, kind: str = "dataset", scope: str = "repo.content") -> dict[str, Any]:
    """Return a delivery such as the Hub sends, with fields that no code reads."""
    return {
        "event": {"action": "update", "scope": scope},
        "repo": {"type": kind, "name": repo, "id": "6", "private": False, "url": {"web": "x"}, "owner": {"id": "1"}},
        "webhook": {"id": "1", "version": 3},
        "updatedRefs": [{"ref": "refs/heads/main", "oldSha": None, "newSha": "a" * 40}],
    }


async def _requests(bus: Client) -> int:
    return int((await bus.jetstream().stream_info(topology.STREAM)).state.messages)


async def test_a_delivery_asks_for_a_sync_of_its_dataset(api: Api, bus: Client) -> None:
    status, body = await api.post(PATH, payload(), **KNOWN, **{"Webhook-Id": "delivery-1"})
    assert (status, body["accepted"]) == (202, True)
    message = await bus.jetstream().get_last_msg(topology.STREAM, "sync.requested")
    event = SyncRequested.model_validate_json(message.data or b"")
    assert (event.dataset, event.trigger) == (DATASET, "webhook")


async def test_a_delivery_that_comes_twice_asks_once(api: Api, bus: Client) -> None:
    for _ in range(3):
        assert (await api.post(PATH, payload(), **KNOWN, **{"Webhook-Id": "delivery-1"}))[0] == 202
    assert await _requests(bus) == 1


@pytest.mark.parametrize(
    "delivery", [payload(repo="some/other"), payload(kind="model"), payload(scope="discussion.comment")]
)
async def test_other_deliveries_are_taken_and_left(api: Api, bus: Client, delivery: dict[str, Any]) -> None:
    status, body = await api.post(PATH, delivery, **KNOWN)
    assert (status, body["accepted"]) == (202, False)
    assert await _requests(bus) == 0


async def test_a_branch_other_than_main_asks_for_nothing(api: Api, bus: Client) -> None:
    moved = payload() | {"updatedRefs": [{"ref": "refs/heads/draft", "oldSha": None, "newSha": "a" * 40}]}
    assert (await api.post(PATH, moved, **KNOWN))[1]["accepted"] is False
    assert await _requests(bus) == 0


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"X-Webhook-Secret": "guess"}, 403)])
async def test_who_does_not_know_the_secret_is_refused(
    api: Api, bus: Client, headers: dict[str, str], status: int
) -> None:
    assert (await api.post(PATH, payload(), **headers))[0] == status
    assert await _requests(bus) == 0


async def test_a_server_without_a_secret_takes_no_webhooks(start: Start) -> None:
    async with start(hf_webhook_secret=None) as api:
        status, body = await api.post(PATH, payload(), **KNOWN)
        assert status == 403
        assert "HF_WEBHOOK_SECRET" in body["detail"]
