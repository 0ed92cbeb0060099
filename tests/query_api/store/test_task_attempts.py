"""The attempts of one task are read by name, while they are there."""

import asyncpg
from query_api.store import task_attempts

from tests.support.writer import DATASET, Writer

OTHER = "arcprize/arc_agi_v1_public_eval"


async def test_a_tasks_attempts_are_those_that_are_still_there_by_name(pool: asyncpg.Pool, rows: Writer) -> None:
    for name in ("m-attempt2", "m-attempt1", "m-attempt3"):
        await rows.answer(name, "a", [True])
    await rows.answer("m-attempt1", "b", [False])
    await rows.answer("m-attempt1", "a", [False], OTHER)
    await rows.answer("n-attempt1", "a", [True])
    await pool.execute("UPDATE explanations SET removed_upstream_at = now() WHERE model_name = 'm-attempt3'")
    await pool.execute("UPDATE explanations SET reasoning_log = repeat('x', 5000) WHERE model_name = 'm-attempt1'")
    found = await task_attempts.attempts(pool, DATASET, ["m-attempt1", "m-attempt2", "m-attempt3"], "a")
    assert [(each.model_name, each.answers[0].correct) for each in found] == [
        ("m-attempt1", True),
        ("m-attempt2", True),
    ]
    assert [len(each.reasoning or "") for each in found] == [4000, 0]


async def test_messages_follow_the_reasoning_and_who_answered_is_none(pool: asyncpg.Pool, rows: Writer) -> None:
    texts = [
        ("thought", "said\n\nmore"),
        (None, "said"),
        ("thought", "The answer was given by m through p."),
        (None, "The answer was given by m."),
        (None, "The answer was given by m.\nIt is rotated."),
    ]
    names = [f"m-attempt{number}" for number in range(1, 1 + len(texts))]
    for name, (reasoning, message) in zip(names, texts, strict=True):
        await rows.answer(name, "a", [True])
        texts_of = "UPDATE explanations SET reasoning_log = $2, pattern_description = $3 WHERE model_name = $1"
        await pool.execute(texts_of, name, reasoning, message)
    found = await task_attempts.attempts(pool, DATASET, names, "a")
    assert [each.reasoning for each in found] == ["thought\n\nsaid\n\nmore", "said", "thought", None, texts[4][1]]
