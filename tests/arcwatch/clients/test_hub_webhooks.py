"""Promise: `arcwatch webhooks` reaches the Hub the way that all else does, and says in one line why it cannot."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from arcwatch.clients import hub_webhooks
from arcwatch.errors import DeploymentError
from common.process.settings import ServiceSettings

from tests.support import relays
from tests.support.deployments import Arcwatch, command
from tests.support.hub import TestHub
from tests.support.hub.faults import Status

DATA = "owner/data"
PUBLIC = "https://arc.example.org"
TOKEN = "hf_right"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[TestHub]:
    async with TestHub(tmp_path / "hub", token=TOKEN) as running:
        yield running


def settings(hub: TestHub) -> ServiceSettings:
    return ServiceSettings(hf_endpoint=hub.url, hf_token=TOKEN, hf_datasets=[DATA])


async def created(folder: Path, endpoint: str, **way: str) -> Arcwatch:
    given = {"HF_ENDPOINT": endpoint, "HF_DATASETS": DATA, "HF_TOKEN": TOKEN, "HF_WEBHOOK_SECRET": "s", **way}
    return await command("webhooks", "create", "--url", PUBLIC, "--data-dir", str(folder), env=given)


async def test_a_webhook_is_registered_by_a_proxy_and_an_authority_of_ones_own(tmp_path: Path, hub: TestHub) -> None:
    seen: list[str] = []
    async with relays.tls(hub.url) as url, relays.proxy(url, seen) as proxy:
        way = {"HTTPS_PROXY": proxy, "NO_PROXY": "10.0.0.0/8"}
        doubting = await created(tmp_path, url, **way)
        assert (doubting.status, len(doubting.err)) == (1, 1)
        assert "certificate is not trusted" in doubting.err[0]
        assert not hub.webhooks
        trusting = await created(tmp_path, url, REQUESTS_CA_BUNDLE=str(relays.CA), **way)
        assert trusting.status == 0, trusting.err
        seen.clear()
        direct = await created(tmp_path, url, REQUESTS_CA_BUNDLE=str(relays.CA), **way | {"NO_PROXY": "127.0.0.0/8"})
        assert direct.out[0].startswith("there already")
        assert seen == []
    (hook,) = hub.webhooks
    assert [(each.type, each.name) for each in hook.watched] == [("dataset", DATA)]


async def test_one_that_is_disabled_or_watches_less_is_not_taken_for_it(hub: TestHub) -> None:
    first, _ = await hub_webhooks.create(settings(hub), PUBLIC, "s")
    hub.webhooks.enable(first.id, enabled=False)
    second, there_already = await hub_webhooks.create(settings(hub), PUBLIC, "s")
    assert not there_already
    more = ServiceSettings(hf_endpoint=hub.url, hf_token=TOKEN, hf_datasets=[DATA, "owner/more"])
    third, there_already = await hub_webhooks.create(more, PUBLIC, "s")
    assert (there_already, [item.name for item in third.watched]) == (False, [DATA, "owner/more"])
    again, there_already = await hub_webhooks.create(settings(hub), PUBLIC, "s")
    assert (there_already, again.id) == (True, second.id)


async def test_one_that_is_there_gets_the_secret_of_now(hub: TestHub) -> None:
    first, _ = await hub_webhooks.create(settings(hub), PUBLIC, "s")
    again, there_already = await hub_webhooks.create(settings(hub), f"{PUBLIC}/", "another")
    assert (there_already, again.id) == (True, first.id)
    assert [(hook.id, hook.url, hook.secret, hook.domains) for hook in hub.webhooks] == [
        (first.id, first.url, "another", ("repo",))
    ]
    assert [item.name for item in again.watched] == [DATA]


async def test_a_refusal_says_what_the_hub_says(hub: TestHub) -> None:
    for status, told in ((403, "refuses HF_TOKEN"), (422, "answers 422 for webhooks: .*Internal Error"), (503, "503")):
        rule = hub.faults.add(Status(status), "/api/settings/webhooks", method="POST")
        with pytest.raises(DeploymentError, match=told):
            await hub_webhooks.create(settings(hub), PUBLIC, "s")
        assert rule.struck == 1, "asked once"
        hub.faults.remove(rule)
