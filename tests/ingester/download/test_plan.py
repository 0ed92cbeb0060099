"""Every listed file is in exactly one place: to fetch, known already, refused with what to do, or no task."""

from dataclasses import replace
from types import MappingProxyType

import pytest
from common.arc.task_sets import TaskSet
from common.error_kinds import ErrorKind, NoteKind
from common.hub.downloads import RemoteFile
from ingester.download.plan import Plan, make_plan
from ingester.submission.error_kinds import ListedFinding

from tests.ingester.samples import ONE, TWO

TASKS = TaskSet("ARC2-Eval", MappingProxyType({ONE.id: ONE, TWO.id: TWO, "AboveBelow1": ONE}), 4, "v")
LIMIT = 1000


def file(path: str, size: int = 10, oid: str = "b1") -> RemoteFile:
    return RemoteFile(f"m/{path}", size, oid)


def plan(*files: RemoteFile, known: dict[str, str] | None = None) -> Plan:
    return make_plan("m", files, TASKS, known or {}, LIMIT)


def test_a_task_that_nothing_is_known_of_is_fetched() -> None:
    found = plan(file("0a1b2c3d.json"), file("v2/AboveBelow1.json"))
    assert found.fetch == {"0a1b2c3d": file("0a1b2c3d.json"), "AboveBelow1": file("v2/AboveBelow1.json")}
    assert found.paths == {"0a1b2c3d": "0a1b2c3d.json", "AboveBelow1": "v2/AboveBelow1.json"}
    assert (found.known, found.refused, found.skipped, found.findings, found.whole) == ({}, (), (), (), None)


def test_only_the_same_content_of_the_same_task_is_known() -> None:
    known = {"0a1b2c3d": "b1", "4e5f6a7b": "b1"}
    found = plan(file("0a1b2c3d.json"), file("4e5f6a7b.json", oid="b2"), file("AboveBelow1.json"), known=known)
    assert found.known == {"0a1b2c3d": file("0a1b2c3d.json")}
    assert set(found.fetch) == {"4e5f6a7b", "AboveBelow1"}


@pytest.mark.parametrize("name", ["0a1b2c3d.json", "submission.json"])
@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1])
@pytest.mark.parametrize("sha256", [None, "f" * 64], ids=["git", "lfs"])
def test_a_file_may_be_as_large_as_the_limit_and_no_larger(name: str, size: int, sha256: str | None) -> None:
    found = plan(replace(file(name, size), sha256=sha256))
    assert (len(found.fetch), len(found.refused)) == ((1, 0) if size == LIMIT else (0, 1))


def test_a_file_that_is_too_large_says_what_to_do_even_if_its_content_is_known() -> None:
    found = plan(file("0a1b2c3d.json", 1001), known={"0a1b2c3d": "b1"})
    assert (found.fetch, found.known) == ({}, {})
    assert found.refused == (
        ListedFinding(
            "0a1b2c3d",
            ErrorKind.TOO_LARGE,
            "1001 bytes are more than the 1000 of INGEST_MAX_FILE_BYTES; raise it, then ingest with --force",
            "b1",
        ),
    )


def test_a_name_as_tasks_have_it_that_the_set_does_not_know_is_refused() -> None:
    found = plan(file("ffffffff.json", LIMIT + 1))
    message = "the task set has no task of this name (ffffffff.json)"
    assert found.refused == (ListedFinding("ffffffff", ErrorKind.UNKNOWN_TASK, message, "b1"),)
    assert found.means_answers


def test_what_is_left_out_is_skipped_and_a_finding() -> None:
    found = plan(file("0a1b2c3d.json"), file("v2/0a1b2c3d.json"), file("v1/4e5f6a7b.json"), file("notes.txt"))
    assert set(found.fetch) == {"0a1b2c3d"}
    assert sorted(found.skipped) == ["notes.txt", "v1/4e5f6a7b.json", "v2/0a1b2c3d.json"]
    assert {(each.puzzle_id, each.kind) for each in found.findings} == {
        ("0a1b2c3d", NoteKind.DUPLICATE_FILE),
        ("v1", NoteKind.OTHER_TASK_SET),
    }
    assert (found.refused, found.files) == ((), 1)


def test_one_file_for_all_tasks_is_known_by_its_path_and_stands_for_each_task() -> None:
    fetched = plan(file("a/submission.json"), known={"0a1b2c3d": "b1"})
    assert (fetched.whole, set(fetched.fetch), fetched.files) == ("a/submission.json", {"a/submission.json"}, 1)
    known = plan(file("a/submission.json"), known={"a/submission.json": "b1"})
    assert set(known.known) == {"a/submission.json"}
    assert known.answers(known.known, TASKS.tasks) == dict.fromkeys(
        ["a/submission.json", *TASKS.tasks], file("a/submission.json")
    )
    assert known.answers(known.fetch, TASKS.tasks) == {}


def test_where_there_is_none_for_all_tasks_each_file_stands_for_its_own() -> None:
    found = plan(file("0a1b2c3d.json"))
    assert found.answers(found.fetch, TASKS.tasks) == found.fetch


def test_a_path_that_postgresql_refuses_is_kept_as_it_takes_it() -> None:
    found = plan(file("\ud800/submission.json"))
    assert (found.whole, set(found.fetch)) == ("\ufffd/submission.json", {"\ufffd/submission.json"})


@pytest.mark.parametrize("path", ["results.json", "notes.txt", "0a1b2c3d.txt", "0a1b2c3d", ".git/0a1b2c3d.json"])
def test_what_claims_no_task_is_skipped_by_its_path_in_the_folder(path: str) -> None:
    assert plan(file(path)) == Plan({}, {}, (), (path,), means_answers=False)


def test_files_that_are_no_tasks_do_not_count() -> None:
    files = [file("0a1b2c3d.json"), file("4e5f6a7b.json"), file("ffffffff.json"), file("results.json")]
    assert plan(*files, known={"4e5f6a7b": "b1"}).files == 3


def test_a_broken_file_is_kept_only_if_the_same_content_was_judged_before() -> None:
    files = [file("0a1b2c3d.json"), file("4e5f6a7b.json"), file("AboveBelow1.json")]
    before = replace(plan(*files), known={"00000000": file("00000000.json")})
    after = before.keeping(["0a1b2c3d", "4e5f6a7b"], {"0a1b2c3d": "b1", "4e5f6a7b": "b0", "AboveBelow1": "b1"})
    assert after.known == {"00000000": file("00000000.json"), "0a1b2c3d": file("0a1b2c3d.json")}
    assert set(after.fetch) == {"4e5f6a7b", "AboveBelow1"}
    assert after.files == before.files


def test_a_broken_file_that_was_never_judged_stays_to_be_fetched() -> None:
    before = plan(file("0a1b2c3d.json"))
    assert before.keeping(["0a1b2c3d"], {}) == before
