"""Whatever layout is uploaded: what answers a task is found, and what does not count is named."""

import pytest
from common.error_kinds import ErrorKind, NoteKind
from hypothesis import given
from hypothesis import strategies as st
from ingester.submission.layout import Layout, LayoutFinding, read_layout

TASKS = {"0a1b2c3d", "4e5f6a7b", "AboveBelow1"}
FILE, OTHER = "0a1b2c3d.json", "4e5f6a7b.json"


def layout(*paths: str, model: str = "m", source: str = "ARC2-Eval") -> Layout:
    return read_layout(model, paths, TASKS, source)


def kinds(found: Layout) -> dict[str, ErrorKind | NoteKind]:
    return {finding.subject: finding.kind for finding in found.findings}


@pytest.mark.parametrize(
    "path",
    [
        FILE,
        f"v2/public_eval/{FILE}",
        f"public_eval/{FILE}",
        f"V2/{FILE}",
        "0A1B2C3D.JSON",
        "v2/0a1B2c3D.Json",
    ],
)
def test_a_task_is_found_in_every_layout(path: str) -> None:
    found = layout(path)
    assert found == Layout({"0a1b2c3d": path}, (), {}, (), (), ())


def test_names_of_words_are_found_in_any_letter_case() -> None:
    assert layout("abovebelow1.json").tasks == {"AboveBelow1": "abovebelow1.json"}


@pytest.mark.parametrize(
    "folder", ["v1/public_eval", "v1", "v2/training", "semi_private", "v2/semi_private_eval", "v2/private"]
)
def test_files_of_another_set_do_not_count_and_are_named_once(folder: str) -> None:
    found = layout(f"{folder}/{FILE}", f"{folder}/{OTHER}", f"v2/public_eval/{FILE}")
    assert found.tasks == {"0a1b2c3d": f"v2/public_eval/{FILE}"}
    assert found.left_out == (f"{folder}/{FILE}", f"{folder}/{OTHER}")
    message = "2 files are of another task set than this dataset's: they do not count"
    assert found.findings == (LayoutFinding(folder, NoteKind.OTHER_TASK_SET, message, 2),)


@pytest.mark.parametrize(
    ("model", "path", "counts"),
    [
        ("semi_private_eval", FILE, False),
        ("v1", f"public_eval/{FILE}", False),
        ("v1", f"v2/{FILE}", True),
        ("v2", f"semi_private_eval/{FILE}", False),
        ("v2", FILE, True),
        ("public_eval", FILE, True),
    ],
)
def test_a_models_folder_that_is_called_like_a_set_is_believed(model: str, path: str, *, counts: bool) -> None:
    """The tasks of another version, and those of a set that is not public, may have the same ids."""
    found = layout(path, model=model)
    assert (list(found.tasks.values()), list(found.left_out)) == (([path], []) if counts else ([], [path]))
    other = {path.rpartition("/")[0]: NoteKind.OTHER_TASK_SET}
    missing = {"": NoteKind.MODEL_NAME_MISSING}
    assert kinds(found) == (missing if counts else missing | other)


def test_a_set_without_versions_takes_no_files_of_one_that_has_them() -> None:
    found = layout(f"v2/{FILE}", OTHER, source="ConceptARC")
    assert (found.tasks, found.left_out) == ({"4e5f6a7b": OTHER}, (f"v2/{FILE}",))


@pytest.mark.parametrize(
    ("counts", "other"),
    [(FILE, f"v2/public_eval/{FILE}"), (f"v2/{FILE}", f"v2/public_eval/{FILE}"), ("0A1B2C3D.json", FILE)],
)
def test_of_two_files_for_a_task_the_nearest_counts_and_both_are_named(counts: str, other: str) -> None:
    for paths in ((counts, other), (other, counts)):
        found = layout(*paths)
        assert (found.tasks, found.left_out) == ({"0a1b2c3d": counts}, (other,))
        assert found.findings == (LayoutFinding("0a1b2c3d", NoteKind.DUPLICATE_FILE, f"{counts} counts, {other} not"),)


@pytest.mark.parametrize("folder", ["gpt-x", "run_1", "v2/run_1", "run_1/v2/public_eval"])
def test_answers_below_are_read_and_it_is_said_from_where(folder: str) -> None:
    found = layout(f"{folder}/{FILE}", f"{folder}/{OTHER}", model="openai")
    assert found.tasks == {"0a1b2c3d": f"{folder}/{FILE}", "4e5f6a7b": f"{folder}/{OTHER}"}
    name = next(part for part in folder.split("/") if part in {"gpt-x", "run_1"})
    message = f"answers of this model are read from {name}"
    assert found.findings == (LayoutFinding("", NoteKind.NESTED_FOLDER, message),)


@pytest.mark.parametrize(
    ("counts", "other"),
    [
        ([f"v2/{FILE}"], [f"a/{FILE}", f"a/{OTHER}"]),
        ([f"a/{FILE}"], [f"a/b/{FILE}", f"a/b/{OTHER}"]),
        ([f"b/{FILE}", f"b/{OTHER}"], [f"a/{FILE}"]),
        ([f"a/{FILE}"], [f"b/{FILE}"]),
        ([f"v2/a/{FILE}"], [f"v2/public_eval/b/{FILE}"]),
    ],
)
def test_of_two_runs_or_models_in_one_folder_one_counts_and_no_score_mixes_them(
    counts: list[str], other: list[str]
) -> None:
    found = layout(*other, *counts)
    assert sorted(found.tasks.values()) == counts
    assert sorted(found.left_out) == other
    (finding,) = (each for each in found.findings if each.kind is NoteKind.DUPLICATE_FILE)
    folder = other[0].removesuffix(f"/{FILE}").removeprefix("v2/").removeprefix("public_eval/")
    message = f"{len(other)} files of another run or model do not count: {counts[0]} does"
    assert finding == LayoutFinding(folder, NoteKind.DUPLICATE_FILE, message, len(other))


def test_folders_that_share_no_task_are_parts_of_one_run() -> None:
    found = layout(f"part1/{FILE}", f"part2/{OTHER}")
    assert found.tasks == {"0a1b2c3d": f"part1/{FILE}", "4e5f6a7b": f"part2/{OTHER}"}
    assert found.left_out == ()
    (finding,) = found.findings
    assert finding.message.endswith("part1, part2")


@pytest.mark.parametrize(
    "name", ["submission.json", "attempts.json", "attemps.json", "Submission.JSON", "v2/public_eval/attempts.json"]
)
def test_one_file_for_all_tasks_is_found(name: str) -> None:
    assert layout(name) == Layout({}, (name,), {}, (), (), ())


def test_of_several_files_for_all_tasks_one_is_read() -> None:
    found = layout("attempts.json", "submission.json")
    assert (found.whole, found.left_out) == (("attempts.json",), ("submission.json",))
    assert kinds(found) == {"submission.json": NoteKind.DUPLICATE_FILE}


def test_a_file_for_all_tasks_is_not_read_where_there_is_one_for_a_task() -> None:
    found = layout("submission.json", FILE)
    assert (found.whole, found.left_out) == ((), ("submission.json",))
    assert kinds(found) == {"submission.json": NoteKind.DUPLICATE_FILE}


def test_a_task_that_the_set_does_not_have_is_named() -> None:
    found = layout("ffffffff.json", "a/FFFFFFFF.json")
    assert (found.unknown, found.left_out) == ({"ffffffff": "ffffffff.json"}, ("a/FFFFFFFF.json",))
    message = "the task set has no task of this name (ffffffff.json, a/FFFFFFFF.json)"
    assert LayoutFinding("ffffffff", ErrorKind.UNKNOWN_TASK, message) in found.findings


@pytest.mark.parametrize(
    "path", ["results.json", "README.md", "a/metadata.json", "0a1b2c3d.txt", "0a1b2c3d", f".cache/{FILE}"]
)
def test_reports_and_texts_are_passed_over_in_silence(path: str) -> None:
    assert layout(path) == Layout({}, (), {}, (), (path,), ())


def test_json_that_is_called_like_no_task_is_named() -> None:
    found = layout(*(f"{number}.json" for number in range(7)))
    assert len(found.others) == 7
    message = "no names of tasks: 0.json, 1.json, 2.json, 3.json, 4.json and 2 more"
    assert found.findings == (LayoutFinding("", NoteKind.NO_TASK_NAME, message, 7),)


@pytest.mark.parametrize("model", ["public_eval", "v2", "ARC-AGI-2"])
def test_a_folder_that_is_called_like_a_set_lacks_a_models_name(model: str) -> None:
    found = layout(FILE, model=model)
    assert found.tasks == {"0a1b2c3d": FILE}
    assert kinds(found) == {"": NoteKind.MODEL_NAME_MISSING}


@pytest.mark.parametrize("path", [FILE, "ffffffff.json", f"v1/{FILE}", "submission.json", "x.json"])
def test_a_folder_with_json_besides_reports_was_meant_as_a_submission(path: str) -> None:
    assert layout(path, "README.md").means_answers


def test_a_folder_of_reports_and_texts_was_not_meant_as_a_submission() -> None:
    assert not layout("results.json", "README.md", "a.png").means_answers


NAMES = st.sampled_from([FILE, OTHER, "ffffffff.json", "submission.json", "results.json", "x.json", "README.md"])
FOLDERS = st.lists(st.sampled_from(["v1", "v2", "public_eval", "a", "B", ".git"]), max_size=2)
PATHS = st.builds(lambda folders, name: "/".join([*folders, name]), FOLDERS, NAMES)


@given(st.sets(PATHS, max_size=12))
def test_every_path_is_in_one_place(paths: set[str]) -> None:
    found = layout(*paths)
    places = [*found.tasks.values(), *found.whole, *found.unknown.values(), *found.left_out, *found.others]
    assert sorted(places) == sorted(paths)
