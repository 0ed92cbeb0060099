"""Every listed file is in exactly one place: to fetch, known already, refused with what to do, or no task."""

from dataclasses import replace

import pytest
from common.error_kinds import ErrorKind
from common.hub.downloads import RemoteFile
from ingester.download.plan import Plan, make_plan
from ingester.submission.error_kinds import UnfetchedFile

TASKS = {"0a1b2c3d", "4e5f6a7b", "AboveBelow1"}
LIMIT = 1000


def file(path: str, size: int = 10, oid: str = "b1") -> RemoteFile:
    return RemoteFile(f"m/{path}", size, oid)


def plan(*files: RemoteFile, known: dict[str, str] | None = None) -> Plan:
    return make_plan("m", files, TASKS, known or {}, LIMIT)


def test_a_task_that_nothing_is_known_of_is_fetched() -> None:
    found = plan(file("0a1b2c3d.json"), file("AboveBelow1.json"))
    assert found == Plan({"0a1b2c3d": file("0a1b2c3d.json"), "AboveBelow1": file("AboveBelow1.json")}, {}, (), ())


def test_only_the_same_content_of_the_same_task_is_known() -> None:
    known = {"0a1b2c3d": "b1", "4e5f6a7b": "b1"}
    found = plan(file("0a1b2c3d.json"), file("4e5f6a7b.json", oid="b2"), file("AboveBelow1.json"), known=known)
    assert found.known == {"0a1b2c3d": file("0a1b2c3d.json")}
    assert set(found.fetch) == {"4e5f6a7b", "AboveBelow1"}


@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1])
@pytest.mark.parametrize("sha256", [None, "f" * 64], ids=["git", "lfs"])
def test_a_file_may_be_as_large_as_the_limit_and_no_larger(size: int, sha256: str | None) -> None:
    found = plan(replace(file("0a1b2c3d.json", size), sha256=sha256))
    assert (len(found.fetch), len(found.refused)) == ((1, 0) if size == LIMIT else (0, 1))


def test_a_file_that_is_too_large_says_what_to_do_even_if_its_content_is_known() -> None:
    found = plan(file("0a1b2c3d.json", 1001), known={"0a1b2c3d": "b1"})
    assert (found.fetch, found.known) == ({}, {})
    assert found.refused == (
        UnfetchedFile(
            "0a1b2c3d",
            ErrorKind.TOO_LARGE,
            "1001 bytes are more than the 1000 of INGEST_MAX_FILE_BYTES; raise it, then ingest with --force",
            "b1",
        ),
    )


def test_a_name_as_tasks_have_it_that_the_set_does_not_know_is_refused() -> None:
    found = plan(file("ffffffff.json", LIMIT + 1))
    assert found.refused == (
        UnfetchedFile("ffffffff", ErrorKind.UNKNOWN_TASK, "the task set has no task of this name", "b1"),
    )


NO_TASKS = [
    "results.json",
    "notes.txt",
    "0a1b2c3d.txt",
    "0a1b2c3d",
    "old/0a1b2c3d.json",
    "ffffffff0.json",
    "fffffff.json",
]


@pytest.mark.parametrize("path", [*NO_TASKS, "0A1B2C3D.json", "AboveBelow2.json", "README.md"])
def test_what_claims_no_task_is_skipped_by_its_path_in_the_folder(path: str) -> None:
    assert plan(file(path)) == Plan({}, {}, (), (path,))


@pytest.mark.parametrize("name", ["results", "submission", "metadata", "summary", "config"])
def test_a_report_is_no_task_even_where_a_set_has_a_task_of_its_name(name: str) -> None:
    found = make_plan("m", [file(f"{name}.json")], {*TASKS, name}, {}, LIMIT)
    assert found.skipped == (f"{name}.json",)


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
