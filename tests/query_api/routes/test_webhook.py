"""A delivery of the Hub that knows the secret asks for one sync of its dataset, however often it comes."""

from typing import Any

import asyncpg
import pytest
from common.bus import topology
from common.events import DatasetSynced, SyncRequested
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


async def test_a_dataset_in_another_letter_case_is_the_one_that_is_watched(api: Api, bus: Client) -> None:
    assert (await api.post(PATH, payload(DATASET.upper()), **KNOWN))[1]["accepted"]
    message = await bus.jetstream().get_last_msg(topology.STREAM, "sync.requested")
    assert SyncRequested.model_validate_json(message.data or b"").dataset == DATASET


@pytest.mark.neighbour("Hub", "a webhook names a dataset by the name it was given since", "its dataset is synced")
async def test_the_hubs_new_name_of_a_dataset_is_known_from_the_last_listings(
    api: Api, bus: Client, pool: asyncpg.Pool
) -> None:
    for renamed_to in (None, "Moved/Data"):
        synced = DatasetSynced(dataset=DATASET, renamed_to=renamed_to)
        await pool.execute(
            "INSERT INTO sync_runs (trigger, status, started_at, completed_at, datasets)"
            " VALUES ('schedule', 'completed', now(), now(), $1)",
            f"[{synced.model_dump_json()}]",
        )
    assert (await api.post(PATH, payload("moved/data"), **KNOWN))[1]["accepted"]
    assert not (await api.post(PATH, payload("moved/other"), **KNOWN))[1]["accepted"]
    assert await _requests(bus) == 1


@pytest.mark.neighbour("Hub", "a webhook is for a repository that is not watched", "answered 202, counted in a metric")
async def test_deliveries_are_counted_by_what_became_of_them(api: Api) -> None:
    other_branch = payload() | {"updatedRefs": [{"ref": "refs/heads/draft", "oldSha": None, "newSha": "a" * 40}]}
    deliveries = [payload(), payload("some/other"), payload(kind="model"), payload(scope="discussion"), other_branch]
    assert _counted(api) == dict.fromkeys(("accepted", "not_watched", "not_files", "not_main"), 0)
    for delivery in deliveries:
        assert (await api.post(PATH, delivery, **KNOWN))[0] == 202
    await api.post(PATH, payload(), **{"X-Webhook-Secret": "guess"})
    assert _counted(api) == {"accepted": 1, "not_watched": 2, "not_files": 1, "not_main": 1}


def _counted(api: Api) -> dict[str, float]:
    (metric,) = api.services.deliveries.collect()
    return {each.labels["outcome"]: each.value for each in metric.samples if each.name.endswith("_total")}
