"""An event says the name that was known when it was published; what is stored is what file, registry and rules said."""

from pathlib import Path

from tests.support import pipeline as support
from tests.support.hub import TestHub
from tests.support.submissions import V2, solved, submission, tasks

(TASK,) = tasks()[:1]
LISTED, FILED, NAMED = "gpt-5-2-2025-12-11-thinking-xhigh", "my-solver", "another-one"


async def test_an_event_carries_what_is_known_of_its_folder(
    hub: TestHub, database_url: str, nats_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "names.toml"
    file.write_text(f'[[models]]\nnames.{FILED} = "Filed"\n\n[[models]]\nnames.{NAMED} = "Filed, too"\n')
    async with support.build(hub, database_url, nats_url, model_names_file=file) as pipeline:
        await pipeline.pool.execute(
            "INSERT INTO model_names (folder, display_name, set_by) VALUES ($1, 'Named', 'test'), ($2, NULL, 'test')",
            NAMED, FILED,
        )  # fmt: skip
        hub.commit(V2, {name: body for each in (LISTED, FILED, NAMED) for name, body in _files(each).items()})
        announced = {each.model: each.display_name for each in await pipeline.settle() if each}
        stored = await pipeline.pool.fetch("SELECT model, display_name FROM submission_versions")
    assert announced == {LISTED: "GPT-5.2 (xhigh)", FILED: "Filed", NAMED: "Named"}
    assert {row["model"]: row["display_name"] for row in stored} == announced | {NAMED: "Filed, too"}


def _files(model: str) -> dict[str, bytes | None]:
    return dict(submission(model, {TASK: solved(TASK)}))
