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
