"""Dead letters are listed with their reason and message, and replayed or dropped: one, several, or all that fit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from common.bus.topology import DEAD_STREAM, STREAM
from common.events import DeadLetter
from nats.aio.client import Client

from tests.query_api.conftest import TOKEN
from tests.support.api import Api

BEARER = {"Authorization": f"Bearer {TOKEN}"}
LETTERS = "/api/admin/dead-letters"


async def dead_letter(bus: Client, number: int, **changes: object) -> int:
    known = {
        "service": "ingester",
        "kind": "folder_gone",
        "reason": "a/b has no folder m",
        "subject": "model.discovered",
        "body": f'{{"dataset": "a/b", "model": "m{number}", "requested_by": "test"}}',
        "headers": {},
        "delivery_count": 1,
        "stream_sequence": number,
        "failed_at": datetime.now(UTC),
    }
    letter = DeadLetter.model_validate({**known, **changes})
    ack = await bus.jetstream().publish("dead.ingester", letter.model_dump_json().encode(), stream=DEAD_STREAM)
    return ack.seq


async def on_stream(bus: Client) -> int:
    return (await bus.jetstream().stream_info(STREAM)).state.messages


async def left(api: Api) -> list[int]:
    status, body = await api.get(LETTERS, **BEARER)
    assert status == 200, body
    return [each["sequence"] for each in body["data"]]


async def test_each_is_shown_with_its_reason_and_message_and_filters_leave_the_rest_out(api: Api, bus: Client) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=3)
    await dead_letter(bus, 1)
    await dead_letter(bus, 2, kind="hub_error", reason="503", failed_at=long_ago)
    await dead_letter(bus, 3, service="watcher", subject="sync.requested", body="{}")
    await bus.jetstream().publish("dead.ingester", b"by hand", stream=DEAD_STREAM)

    status, body = await api.get(LETTERS, **BEARER)
    assert (status, body["total"]) == (200, 4)
    first, *_, last = body["data"]
    assert (first["reason"], first["dataset"], first["model"]) == ("a/b has no folder m", "a/b", "m1")
    assert (first["subject"], first["deliveries"], '"requested_by"' in first["body"]) == ("model.discovered", 1, True)
    assert (last["kind"], last["subject"], last["body"]) == ("unreadable", None, None)
    for query, wanted in {
        "kind=hub_error": [2],
        "service=watcher": [3],
        "dataset=a/b&model=m1": [1],
        "olderThanSeconds=3600": [2],
        "search=NO%20FOLDER": [1, 3],
        "limit=1&offset=2": [3],
    }.items():
        found = (await api.get(f"{LETTERS}?{query}", **BEARER))[1]["data"]
        assert [each["sequence"] for each in found] == wanted, query


async def test_what_would_be_done_is_told_first_and_then_done_with_no_other(api: Api, bus: Client) -> None:
    for number in range(1, 6):
        await dead_letter(bus, number, kind="hub_error" if number % 2 else "folder_gone")

    status, told = await api.post(f"{LETTERS}/replay", {"kind": "hub_error", "dryRun": True, "limit": 2}, **BEARER)
    assert (status, told["dryRun"], [each["sequence"] for each in told["done"]], told["remaining"]) == (
        200,
        True,
        [1, 3],
        1,
    )
    assert (await left(api), await on_stream(bus)) == ([1, 2, 3, 4, 5], 0)
    rest = (await api.post(f"{LETTERS}/replay", {"kind": "hub_error", "dryRun": True, "after": 3}, **BEARER))[1]
    assert [each["sequence"] for each in rest["done"]] == [5]

    status, done = await api.post(f"{LETTERS}/replay", {"sequences": [1, 3, 77]}, **BEARER)
    assert (status, [each["sequence"] for each in done["done"]]) == (200, [1, 3])
    assert done["failed"] == [{"sequence": 77, "reason": "there is no such dead letter, or it does not fit"}]
    assert (await left(api), await on_stream(bus)) == ([2, 4, 5], 2)
    assert (
        await bus.jetstream().get_msg(STREAM, 2)
    ).data == b'{"dataset": "a/b", "model": "m3", "requested_by": "test"}'

    dropped = (await api.post(f"{LETTERS}/drop", {"kind": "folder_gone"}, **BEARER))[1]
    assert ([each["sequence"] for each in dropped["done"]], await left(api)) == ([2, 4], [5])
    everything = (await api.post(f"{LETTERS}/drop", {"all": True}, **BEARER))[1]
    assert (len(everything["done"]), await left(api), await on_stream(bus)) == (1, [], 2)


async def test_one_that_cannot_be_replayed_stays_and_stops_no_other(api: Api, bus: Client) -> None:
    forged = await dead_letter(bus, 1, subject="model.ingested")
    await dead_letter(bus, 2)
    done = (await api.post(f"{LETTERS}/replay", {"all": True}, **BEARER))[1]
    assert [each["sequence"] for each in done["done"]] == [2]
    ((sequence, reason),) = ((each["sequence"], each["reason"]) for each in done["failed"])
    assert (sequence, "published on model.ingested" in reason) == (forged, True)
    assert (await left(api), await on_stream(bus)) == ([forged], 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"dryRun": True}, 422), ({"sequences": []}, 400), ({"sequences": [0]}, 400), ({"limit": 501}, 400)],
)
async def test_who_does_not_say_which_does_nothing(api: Api, bus: Client, body: dict[str, Any], status: int) -> None:
    await dead_letter(bus, 1)
    for verb in ("replay", "drop"):
        assert (await api.post(f"{LETTERS}/{verb}", body, **BEARER))[0] == status
    assert await left(api) == [1]


async def test_only_admins_see_and_change_them(api: Api, bus: Client) -> None:
    await dead_letter(bus, 1)
    for headers, status in (({}, 401), ({"Authorization": "Bearer wrong"}, 403)):
        assert (await api.get(LETTERS, **headers))[0] == status
        assert (await api.post(f"{LETTERS}/drop", {"all": True}, **headers))[0] == status
    assert await left(api) == [1]
