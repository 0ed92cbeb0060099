"""The system's state tells who is at work, and when a sync is overdue."""

from datetime import UTC, datetime, timedelta

import pytest
from common.quota import Quota
from common.schedule import Schedule
from common.topology import INGESTER, STREAM
from nats.aio.client import Client
from query_api.hub_probe import HubProbe
from query_api.routes_status import overdue_since

from tests.support.api import Api

NIGHTLY = Schedule("0 2 * * *")
TICK = datetime(2026, 11, 20, 2, tzinfo=UTC)


async def test_nobody_at_work_is_told(api: Api) -> None:
    data = await api.data("/api/status")

    assert data["ingesters"] == {"alive": False, "idle": 0, "busy": 0, "waiting": 0}
    assert data["busConnected"]
    assert not data["hub"]["reachable"]
    assert data["hub"]["reason"]


async def test_an_ingester_that_asks_for_work_counts_as_alive(api: Api, bus: Client) -> None:
    await bus.publish(
        f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{INGESTER.name}", b'{"batch": 1, "expires": 30000000000}', "_INBOX.nobody"
    )
    subscription = await bus.subscribe("_INBOX.nobody")

    data = (await api.until("/api/status", lambda found: found["data"]["ingesters"]["alive"]))["data"]

    assert data["ingesters"]["idle"] == 1
    await subscription.unsubscribe()


@pytest.mark.parametrize(
    ("last", "now", "overdue"),
    [
        (TICK, TICK + timedelta(hours=5), None),
        (TICK + timedelta(minutes=4), TICK + timedelta(hours=23), None),
        (TICK - timedelta(hours=3), TICK + timedelta(minutes=10), None),
        (TICK - timedelta(hours=3), TICK + timedelta(minutes=31), TICK),
        (None, TICK + timedelta(hours=1), TICK),
    ],
)
def test_a_sync_is_overdue_half_an_hour_after_its_tick(
    last: datetime | None, now: datetime, overdue: datetime | None
) -> None:
    assert overdue_since(NIGHTLY, last, now) == overdue


async def test_many_lookers_cost_the_hub_one_request() -> None:
    asked = 0

    async def ask() -> None:
        nonlocal asked
        asked += 1

    quota = Quota()
    probe = HubProbe(ask, quota)
    quota.learn({"RateLimit": '"api";r=488;t=120', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'})

    states = [await probe.state() for _ in range(5)]

    assert asked == 1
    assert [(state.reachable, state.left, state.limit) for state in states] == [(True, 488, 500)] * 5
