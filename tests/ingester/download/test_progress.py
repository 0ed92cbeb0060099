"""Progress is announced at most four times a second, and at once at the start."""

from common.events import IngestionProgress
from ingester.download.progress import MIN_INTERVAL_SECONDS, Progress


async def test_a_thousand_files_in_a_second_are_told_four_times() -> None:
    published: list[IngestionProgress] = []
    now = 0.0

    async def announce(event: IngestionProgress) -> None:
        published.append(event)

    progress = Progress(1, "a/b", "m", total=1000, announce=announce, clock=lambda: now)
    await progress.advance(0)
    for number in range(1000):
        now = number / 1000
        await progress.advance()
    assert [event.done for event in published] == [0, 251, 501, 751]
    assert MIN_INTERVAL_SECONDS == 0.25
