"""What changed between two versions: files that came, went or differ, and what is solved now or no longer."""

from query_api.store.rows import TaskResult
from query_api.view.version_changes import changes

BEFORE = {
    "gone": TaskResult("1", 1, 1),
    "lost": TaskResult("1", 2, 2),
    "same": TaskResult("1", 1, 1),
    "won": TaskResult("1", 2, 1),
    "again": TaskResult("1", 1, 0),
}
AFTER = {
    "same": TaskResult("1", 1, 1),
    "lost": TaskResult("2", 2, 1),
    "won": TaskResult("2", 2, 2),
    "again": TaskResult("2", 1, 0),
    "new": TaskResult("1", 1, 1),
    "empty": TaskResult("1", 1, 0),
}


def test_each_change_is_named_once_and_sorted() -> None:
    found = changes(BEFORE, AFTER)
    assert (found.added, found.removed) == (("empty", "new"), ("gone",))
    assert found.changed == ("again", "lost", "won")
    assert (found.newly_solved, found.no_longer_solved) == (("new", "won"), ("gone", "lost"))


def test_equal_versions_differ_in_nothing() -> None:
    assert not any(changes(AFTER, AFTER).model_dump().values())
