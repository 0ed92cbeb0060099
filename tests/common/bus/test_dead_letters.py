"""Dead letters are replayed one by one: what cannot be published stays on the list and stops no other."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from arcwatch.clients.bus import connected
from common.bus import dead_letters, topology
from common.bus.topology import DEAD_STREAM, STREAM
from common.events import DeadLetter
from nats.aio.client import Client

from tests.support.cli import arcwatch


@pytest.fixture
async def client(nats_url: str) -> AsyncIterator[Client]:
    async with connected(nats_url) as client:
        await topology.apply(client.jetstream())
        yield client


async def dead_letter(client: Client, **changes: object) -> int:
    known = {
        "service": "ingester",
        "kind": "unexpected",
        "reason": "a bug",
        "subject": "model.discovered",
        "body": "{}",
        "headers": {},
        "delivery_count": 6,
        "stream_sequence": (await client.jetstream().stream_info(DEAD_STREAM)).state.last_seq + 1,
        "failed_at": datetime.now(UTC),
    }
    dead_letter = DeadLetter.model_validate({**known, **changes})
    ack = await client.jetstream().publish("dead.ingester", dead_letter.model_dump_json().encode())
    return ack.seq


async def test_headers_that_were_for_the_first_time_do_not_come_again(client: Client) -> None:
    headers = {"Nats-Expected-Last-Sequence": "77", "nats-expected-stream": "X", "Nats-Msg-Id": "old", "Who": "me"}
    await dead_letter(client, headers=headers)
    acted = await dead_letters.replay(client, None)
    assert (len(acted.done), acted.failures) == (1, {})
    (message,) = [await client.jetstream().get_msg(STREAM, 1)]
    assert message.headers is not None
    assert message.headers["Who"] == "me"
    assert message.headers["Nats-Msg-Id"] != "old"
    assert await dead_letters.listed(client) == []


async def test_one_that_cannot_be_replayed_stops_no_other(client: Client, nats_url: str) -> None:
    stays = await dead_letter(client, subject="no.stream.stores.this")
    await client.jetstream().publish("dead.ingester", b"by hand")
    await dead_letter(client, body='{"model": "good"}')
    run = await arcwatch("dead", "replay", "--all", "--nats-url", nats_url)
    assert run.status == 1
    assert [line.partition(":")[0] for line in run.out] == ["replayed 3"]
    assert [line.partition(":")[0] for line in run.err] == [f"not replayed {stays}", "not replayed 2"]
    assert [dead.sequence for dead in await dead_letters.listed(client)] == [1, 2]
    assert (await client.jetstream().get_msg(STREAM, 1)).data == b'{"model": "good"}'


async def test_a_shortened_dead_letter_is_replayed_whole(client: Client) -> None:
    whole = b"\x01" * 500_000
    ack = await client.jetstream().publish("model.discovered", whole, headers={"Who": "me"})
    await dead_letter(client, body="\x01", shortened=True, stream_sequence=ack.seq)
    assert (await dead_letters.replay(client, None)).failures == {}
    again = await client.jetstream().get_msg(STREAM, ack.seq + 1)
    assert again.data == whole
    assert (again.headers or {})["Who"] == "me"


async def test_a_body_s_escape_sequences_are_shown_and_not_obeyed(client: Client, nats_url: str) -> None:
    evil = "\x1b[2J\x9b31m\u202eevil\r\n"
    await dead_letter(client, body=json.dumps({"model": evil, "dataset": "a/b"}), reason=evil)
    shown = "\\u001b[2J\\u009b31m\\u202eevil"
    for options in ((), ("--json",)):
        run = await arcwatch("dead", "ls", "--nats-url", nats_url, *options)
        text = "\n".join(run.out)
        assert shown in text
        assert not any(each in text for each in "\x1b\x9b\u202e\r")
    assert json.loads(text)[0]["reason"] == evil


async def test_more_dead_letters_than_a_batch_are_listed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.bus.stored.BATCH", 2)
    wanted = [await dead_letter(client) for _ in range(5)]
    await dead_letters.remove(client, [wanted[0], wanted[3]])
    assert [dead.sequence for dead in await dead_letters.listed(client)] == [2, 3, 5]


async def test_dead_letters_of_two_streams_that_share_a_place_are_both_listed(client: Client) -> None:
    first, second = [await dead_letter(client, stream_sequence=1, reason=reason) for reason in ("before", "after")]
    assert [(dead.sequence, dead.letter.reason) for dead in await dead_letters.listed(client)] == [
        (first, "before"),
        (second, "after"),
    ]


async def test_another_message_at_the_place_of_a_shortened_one_is_not_replayed(client: Client) -> None:
    ack = await client.jetstream().publish("model.discovered", b"another stream's")
    before = datetime.now(UTC) - timedelta(hours=1)
    sequence = await dead_letter(client, body="{", shortened=True, stream_sequence=ack.seq, stored_at=before)
    acted = await dead_letters.replay(client, None)
    assert "no longer on the stream" in acted.failures[sequence]
    assert (await client.jetstream().stream_info(STREAM)).state.messages == 1


async def test_removal_asks_and_takes_what_it_showed(client: Client, nats_url: str) -> None:
    for kind in ("unexpected", "invalid_event"):
        await dead_letter(client, kind=kind, body='{"model": "m", "dataset": "a/b"}')
    arguments = ("dead", "rm", "--all", "--nats-url", nats_url)
    unasked = await arcwatch(*arguments)
    assert (unasked.status, unasked.out) == (1, [])
    assert unasked.err[:2] == ["1: m of a/b (unexpected)", "2: m of a/b (invalid_event)"]
    assert unasked.err[2].endswith("Remove these 2 dead letters for good? There is no terminal to ask at: say --yes")
    refused = await arcwatch(*arguments, typed="n\n")
    assert (refused.status, refused.out) == (1, [])
    assert refused.err[2] == "Remove these 2 dead letters for good? [y/N] nothing was done"
    assert len(await dead_letters.listed(client)) == 2
    listed = await arcwatch("dead", "ls", "--kind", "invalid_event", "--json", "--nats-url", nats_url)
    assert [each["sequence"] for each in json.loads("\n".join(listed.out))] == [2]
    agreed = await arcwatch(*arguments, typed="yes\n")
    assert (agreed.status, agreed.out) == (0, ["removed 1: m of a/b", "removed 2: m of a/b"])
    assert await dead_letters.listed(client) == []
