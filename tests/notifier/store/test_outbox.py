"""News is found once, whoever looks and however often, and given to the messages of the channels that take it."""

import asyncio

import asyncpg
from notifier.news.news import News
from notifier.store.outbox import Outbox, Unsent

from tests.notifier.ingesters import Ingester
from tests.notifier.samples import webhook

MINUTE = webhook(name="minute", digest_seconds=60, digest_max_seconds=3600)
EACH = webhook(name="each", digest_seconds=0)


def told(news: list[News]) -> list[tuple[str, str]]:
    return [(each.kind, each.model) for each in news]


async def test_what_happened_before_the_first_look_is_no_news(outbox: Outbox, ingester: Ingester) -> None:
    await ingester.lands("old", ago=1)
    await ingester.fails("old")
    assert await outbox.collect([EACH]) == []
    await ingester.lands("new")
    assert told(await outbox.collect([EACH])) == [("landing", "new")]


async def test_each_landing_is_news_once(outbox: Outbox, ingester: Ingester, pool: asyncpg.Pool) -> None:
    await outbox.collect([EACH])
    await ingester.lands("m", content=1, score=0.25)
    await ingester.lands("m", content=2, score=0.5)
    await ingester.lands("empty", attempts=0)
    found = await outbox.collect([EACH])
    assert told(found) == [("landing", "m"), ("landing", "m")]
    assert [(each.score, each.detail["previousScore"]) for each in found] == [(0.25, None), (0.5, 0.25)]
    assert found[1].detail["tasksTotal"] == 120
    # Ingested again, renamed, and with a commit beside the answers: nothing landed.
    await pool.execute(
        "UPDATE submission_versions SET ingested_at = clock_timestamp(), model = 'other' WHERE model = 'm'"
    )
    await pool.execute("UPDATE submission_versions SET tree_oid = md5(tree_oid) WHERE superseded_at IS NULL")
    assert await outbox.collect([EACH]) == []


async def test_failures_are_news_but_dry_runs_are_not(outbox: Outbox, ingester: Ingester) -> None:
    await outbox.collect([EACH])
    await ingester.fails("m", "no such folder")
    await ingester.fails("m", dry_run=True)
    [news] = await outbox.collect([EACH])
    assert (news.kind, news.model, news.detail["reason"]) == ("failure", "m", "no such folder")
    assert await outbox.collect([EACH]) == []


async def test_a_version_that_goes_on_to_differ_is_told_once(outbox: Outbox, ingester: Ingester) -> None:
    await ingester.lands("m", ago=1)
    await outbox.collect([EACH])
    for verdict, is_news in [
        ("verified", False),
        ("differs", True),
        ("differs", False),
        ("impossible", False),
        ("differs", True),
    ]:
        await ingester.verifies("m", verdict)
        assert told(await outbox.collect([EACH])) == ([("verification", "m")] if is_news else []), verdict
    await ingester.verifies("m", "differs", "hub")
    assert told(await outbox.collect([EACH])) == [("verification", "m")]


async def test_several_that_look_at_once_find_each_piece_once(outbox: Outbox, ingester: Ingester) -> None:
    await outbox.collect([EACH])
    for number in range(5):
        await ingester.lands(f"m{number}")
    found = await asyncio.gather(*(outbox.collect([EACH]) for _ in range(4)))
    assert sorted(each.model for news in found for each in news) == [f"m{number}" for number in range(5)]
    assert len(await outbox.unsent()) == 5


async def test_a_transaction_that_commits_late_is_found(outbox: Outbox, ingester: Ingester, pool: asyncpg.Pool) -> None:
    """It writes the instant at which it began."""
    await outbox.collect([EACH])
    await pool.execute("UPDATE notification_reader SET began_at = now() - interval '1 day'")
    await ingester.lands("late", ago=1800)
    assert told(await outbox.collect([EACH])) == [("landing", "late")]


async def test_a_clock_that_was_ahead_hides_nothing(outbox: Outbox, ingester: Ingester, pool: asyncpg.Pool) -> None:
    await outbox.collect([EACH])
    await pool.execute("UPDATE notification_reader SET (began_at, read_until) = (now() + '1 day', now() + '2 days')")
    assert await outbox.collect([EACH]) == []
    await ingester.lands("m")
    assert told(await outbox.collect([EACH])) == [("landing", "m")]


async def test_news_of_a_while_is_one_message(outbox: Outbox, ingester: Ingester, pool: asyncpg.Pool) -> None:
    await outbox.collect([MINUTE])
    for number in range(3):
        await ingester.lands(f"m{number}")
        await outbox.collect([MINUTE])
    assert await outbox.claim("minute", 60) is None
    [row] = await outbox.unsent()
    assert row["pieces"] == 3
    # It goes a minute after the last piece, at most an hour after the first.
    held = "SELECT extract(epoch FROM due_at - created_at)::float8 FROM notification_messages WHERE status = 'open'"
    assert 60 <= await pool.fetchval(held) < 120
    await pool.execute("UPDATE notification_messages SET created_at = created_at - interval '3590 s'")
    await ingester.lands("m3")
    await outbox.collect([MINUTE])
    assert await pool.fetchval(held) == 3600
    await pool.execute("UPDATE notification_messages SET due_at = now()")
    claimed = await outbox.claim("minute", 60)
    assert claimed is not None
    assert [news.model for news in await outbox.news_of(claimed)] == ["m0", "m1", "m2", "m3"]
    await ingester.lands("m4")
    await outbox.collect([MINUTE])
    assert [row["pieces"] for row in await outbox.unsent()] == [4, 1]


async def test_a_message_is_one_senders_until_its_lease_ends(outbox: Outbox, ingester: Ingester) -> None:
    await outbox.collect([EACH])
    await ingester.lands("m")
    await ingester.lands("n")
    await outbox.collect([EACH])
    claims = await asyncio.gather(*(outbox.claim("each", 60) for _ in range(4)))
    ours = [claim for claim in claims if claim]
    assert len({claim.id for claim in ours}) == len(ours) == 2
    assert await outbox.claim("other", 60) is None
    first = ours[0]
    assert await outbox.keep(first, "one") == "one"
    assert await outbox.keep(first, "two") == "one"
    await outbox.failed(first, "no", 0)
    again = await outbox.claim("each", 0)
    assert again is not None
    assert (again.id, again.attempts, again.text) == (first.id, 2, "one")
    # Its sender has died.
    third = await outbox.claim("each", 60)
    assert third is not None
    assert (third.wire_id, third.attempts) == (first.wire_id, 3)
    await outbox.sent(third)
    # A sender that was only slow does not bring it back.
    await outbox.failed(again, "no", 0)
    assert await outbox.claim("each", 60) is None


async def test_a_sender_passes_over_what_another_takes_at_this_moment(
    outbox: Outbox, ingester: Ingester, pool: asyncpg.Pool
) -> None:
    await outbox.collect([EACH])
    for model in ("m", "n"):
        await ingester.lands(model)
    await outbox.collect([EACH])
    async with pool.acquire() as other, other.transaction():
        taken = await other.fetchval("SELECT id FROM notification_messages LIMIT 1 FOR UPDATE")
        claimed = await asyncio.wait_for(outbox.claim("each", 60), 30)
        assert claimed is not None
        assert claimed.id != taken
        assert await asyncio.wait_for(outbox.claim("each", 60), 30) is None


async def test_dead_messages_stay_until_they_are_replayed_or_removed(outbox: Outbox, ingester: Ingester) -> None:
    await outbox.collect([EACH, MINUTE])
    await ingester.lands("m")
    await ingester.lands("n")
    await outbox.collect([EACH, MINUTE])
    for _ in range(2):
        claimed = await outbox.claim("each", 60)
        assert claimed is not None
        await outbox.failed(claimed, "gone", None)
    assert await outbox.claim("each", 60) is None
    assert await outbox.standing() == {"each": Unsent(0, 2, 0.0), "minute": Unsent(1, 0, 0.0)}
    one, other = (row["id"] for row in await outbox.unsent() if row["status"] == "dead")
    assert await outbox.replay([one]) == [one]
    replayed = await outbox.claim("each", 60)
    assert replayed is not None
    assert (replayed.id, replayed.attempts) == (one, 1)
    assert await outbox.remove(None) == [other]
    assert {row["channel"]: row["status"] for row in await outbox.unsent()} == {"each": "waiting", "minute": "open"}
    standing = (await outbox.standing())["each"]
    assert (standing.waiting, standing.dead) == (1, 0)
    # Its channel is no more, so it would wait for ever.
    assert await outbox.remove([one, other]) == [one]
    assert standing.late_seconds > 0
