"""An ingestion that fails for good reaches an operator's webhook; mending it sends the resolution."""

from pathlib import Path

import pytest
from localhub import LocalHub

from tests.support.eventually import eventually
from tests.support.monitoring import mailbox, monitoring
from tests.support.submissions import V2, solved, submission, tasks
from tests.support.system import whole

FAILED = "ArcwatchIngestionFailed"


@pytest.mark.debian
async def test_a_failure_raises_the_alarm_and_its_mending_ends_it(
    hub: LocalHub, database_url: str, nats_url: str, tmp_path: Path
) -> None:
    async with (
        whole(hub, database_url, nats_url) as system,
        mailbox() as box,
        monitoring(tmp_path, system.ops, box),
    ):
        await eventually(lambda: box.has("ArcwatchWatchdog", "firing"), 30)
        assert not box.has(FAILED, "firing")

        await system.ask_for("late")
        await eventually(lambda: box.has(FAILED, "firing"), 30)
        assert not box.has(FAILED, "resolved")

        hub.commit(V2, submission("late", {task: solved(task) for task in tasks()[:2]}))
        await system.ask_for("late")
        await eventually(lambda: box.has(FAILED, "resolved"), 30)
        # Its dead letter still waits for an operator.
        assert box.has("ArcwatchDeadLetterWaiting", "firing")
        assert not box.has("ArcwatchDeadLetterWaiting", "resolved")
