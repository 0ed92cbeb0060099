"""Figures lead to their file and commit on the Hub, and say by which rules and edition of the task set they came."""

import pytest
from common.arc.rules import RULES, RULES_VERSION
from query_api.schemas.origins import FileOrigin
from query_api.store.rows import ScoredBy, TaskResult
from query_api.view.provenance import file_origin, hub_page, is_current, provenance
from query_api.view.task_sets import TaskIndex

HUB = "https://huggingface.co"
KEY = ("arcprize/arc_agi_v2_public_eval", "m-1")
TASKS = TaskIndex("evaluation2", "ARC2-Eval", {"a": 1}, "today")


def test_every_part_of_a_link_is_percent_encoded() -> None:
    assert hub_page(HUB, "blob", "o/n", "refs/pr/1", "m #1?/ä/a%2F.json") == (
        f"{HUB}/datasets/o/n/blob/refs%2Fpr%2F1/m%20%231%3F/%C3%A4/a%252F.json"
    )
    assert hub_page(HUB, "tree", "o/n", "abc") == f"{HUB}/datasets/o/n/tree/abc"


def test_a_file_is_linked_at_the_versions_commit() -> None:
    result = TaskResult("0" * 40, 2, 1, "v2/public_eval/a.json")
    assert file_origin(HUB, KEY, "abc", result) == FileOrigin(
        path="v2/public_eval/a.json",
        blob_oid="0" * 40,
        hub_url=f"{HUB}/datasets/{KEY[0]}/blob/abc/m-1/v2/public_eval/a.json",
    )


def test_a_result_from_before_paths_were_kept_has_its_oid_alone_and_a_task_without_result_nothing() -> None:
    assert file_origin(HUB, KEY, "abc", TaskResult("0" * 40, 1, 1)) == FileOrigin(blob_oid="0" * 40)
    assert file_origin(HUB, KEY, "abc", None) == FileOrigin()


def test_a_version_says_its_rules_and_those_of_today() -> None:
    found = provenance(HUB, KEY, ScoredBy(7, "abc", 1, "today"), TASKS)
    assert (found.run_id, found.revision) == (7, "abc")
    assert found.hub_url == f"{HUB}/datasets/{KEY[0]}/tree/abc/m-1"
    assert (found.rules_version, found.rules, found.rules_version_today) == (1, RULES[1], RULES_VERSION)
    older = provenance(HUB, KEY, ScoredBy(7, "abc", None, None), TASKS)
    newer = provenance(HUB, KEY, ScoredBy(7, "abc", RULES_VERSION + 1, None), TASKS)
    assert (older.rules, newer.rules) == (None, None)


@pytest.mark.parametrize(
    ("version", "tasks", "expected"),
    [("today", TASKS, True), ("older", TASKS, False), (None, TASKS, None), ("today", None, None)],
)
def test_an_edition_is_todays_another_or_not_known(
    version: str | None, tasks: TaskIndex | None, *, expected: bool | None
) -> None:
    assert is_current(version, tasks) is expected
    found = provenance(HUB, KEY, ScoredBy(1, "abc", 2, version), tasks)
    assert (found.task_set_version, found.task_set_current) == (version, expected)
    assert found.task_set_version_today == (tasks.version if tasks else None)
