"""A deliverer sends what is due, tries again what was not taken, and gives up when that is hopeless."""

import asyncpg
import pytest
from notifier.channels.channel import Channel
from notifier.metrics import Metrics
from notifier.news.message import Message
from notifier.rounds.backoff import DELAYS
from notifier.rounds.deliver import Deliverer
from notifier.sending.errors import DeliveryError
from notifier.store.outbox import Outbox

from tests.notifier.ingesters import Ingester
from tests.notifier.samples import webhook

EACH = webhook(name="each", digest_seconds=0)


class Receiver:
    """Refuses as often as it is told to, and keeps what it was sent."""

    def __init__(self, *refusals: DeliveryError) -> None:
        self.refusals = list(refusals)
        self.came: list[tuple[str, Message]] = []

    async def take(self, channel: Channel, message_id: str, message: Message) -> None:
        assert channel is EACH
        self.came.append((message_id, message))
        if self.refusals:
            raise self.refusals.pop(0)


async def made_due(pool: asyncpg.Pool) -> float:
    """Have the message due now; return how long it would have waited."""
    waits: float = await pool.fetchval(
        "UPDATE notification_messages SET due_at = now() FROM (SELECT id, due_at FROM notification_messages) AS before"
        " WHERE before.id = notification_messages.id RETURNING extract(epoch FROM before.due_at - now())::float8"
    )
    return waits


async def test_a_retry_is_the_same_message_under_the_same_id(
    outbox: Outbox,
    ingester: Ingester,
    pool: asyncpg.Pool,
) -> None:
    receiver = Receiver(*(DeliveryError("server_error", "it answers 500") for _ in range(2)))
    metrics = Metrics(["each"])
    deliverer = Deliverer(EACH, outbox, metrics, receiver.take, "https://arc.example")
    await outbox.collect([EACH])
    assert not await deliverer.run_once()
    await ingester.lands("m")
    await outbox.collect([EACH])
    assert await deliverer.run_due() == 1
    assert DELAYS[0] * 0.8 < await made_due(pool) < DELAYS[0] * 1.2
    # The name that is shown changes meanwhile, and so does the address of the site.
    await pool.execute("UPDATE notification_events SET detail = '{}'")
    deliverer = Deliverer(EACH, outbox, metrics, receiver.take, None)
    assert await deliverer.run_due() == 1
    assert DELAYS[1] * 0.8 < await made_due(pool) < DELAYS[1] * 1.2
    assert await deliverer.run_due() == 1
    (message_id,) = {message_id for message_id, _ in receiver.came}
    assert message_id.startswith("msg_")
    assert len({message.as_text() for _, message in receiver.came}) == 1
    assert "https://arc.example" in receiver.came[0][1].body
    assert await outbox.unsent() == []
    count = metrics.registry.get_sample_value
    assert count("arcwatch_notifier_attempts_total", {"channel": "each", "outcome": "retried"}) == 2
    assert count("arcwatch_notifier_attempts_total", {"channel": "each", "outcome": "sent"}) == 1
    assert count("arcwatch_notifier_failures_total", {"kind": "server_error"}) == 2


@pytest.mark.parametrize(
    ("refusal", "attempts"),
    [
        (DeliveryError("gone", "it answers 410", final=True), 1),
        (DeliveryError("timeout", "no answer within 20 s", retry_after=1.0), len(DELAYS) + 1),
    ],
)
async def test_what_is_never_taken_becomes_a_dead_letter(
    outbox: Outbox,
    ingester: Ingester,
    pool: asyncpg.Pool,
    refusal: DeliveryError,
    attempts: int,
) -> None:
    receiver = Receiver(*([refusal] * attempts))
    metrics = Metrics(["each"])
    deliverer = Deliverer(EACH, outbox, metrics, receiver.take)
    await outbox.collect([EACH])
    await ingester.lands("m")
    await outbox.collect([EACH])
    while await deliverer.run_due():
        await made_due(pool)
    assert len(receiver.came) == attempts
    dead = {"channel": "each", "outcome": "dead"}
    assert metrics.registry.get_sample_value("arcwatch_notifier_attempts_total", dead) == 1
    [row] = await outbox.unsent()
    assert (row["status"], row["error"], row["attempts"]) == ("dead", refusal.reason, attempts)
    await outbox.replay(None)
    assert await deliverer.run_due() == 1
    assert await outbox.unsent() == []


async def test_a_receiver_that_asks_for_more_time_gets_it(
    outbox: Outbox, ingester: Ingester, pool: asyncpg.Pool
) -> None:
    receiver = Receiver(DeliveryError("throttled", "it answers 429", retry_after=3_000.0))
    await outbox.collect([EACH])
    await ingester.lands("m")
    await outbox.collect([EACH])
    assert await Deliverer(EACH, outbox, Metrics(["each"]), receiver.take).run_due() == 1
    assert 2_000 < await made_due(pool) < 3_001


async def test_a_message_that_cannot_be_made_holds_up_no_other(
    outbox: Outbox, ingester: Ingester, pool: asyncpg.Pool
) -> None:
    receiver = Receiver()
    deliverer = Deliverer(EACH, outbox, Metrics(["each"]), receiver.take)
    await outbox.collect([EACH])
    for model in "mno":
        await ingester.lands(model)
    await outbox.collect([EACH])
    stored = "UPDATE notification_messages SET message = '{}' WHERE news = (SELECT ARRAY[id] FROM notification_events"
    await pool.execute(f"{stored} WHERE model = 'o')")
    await pool.execute("""UPDATE notification_events SET detail = '{"previousScore": "high"}' WHERE model = 'm'""")
    assert await deliverer.run_due() == 3
    assert ['"model":"n"' in message.body for _, message in receiver.came] == [True]
    errors = {(row["status"], row["error"]) for row in await outbox.unsent()}
    assert errors == {("waiting", f"it cannot be made: {name}") for name in ("ValueError", "TypeError")}
