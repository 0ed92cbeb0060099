"""Which files answer tasks is told by their names, in any letter case, wherever they lie."""

import pytest
from common.arc.file_names import is_json, is_whole_submission, stem_of


@pytest.mark.parametrize("path", ["submission.json", "v2/public_eval/Attempts.JSON", "attemps.json"])
def test_one_file_for_all_tasks_is_known_by_its_name(path: str) -> None:
    assert (is_json(path), is_whole_submission(path)) == (True, True)


@pytest.mark.parametrize("path", ["submissions.json", "submission/0a1b2c3d.json", "results.json", "0a1b2c3d.JSON"])
def test_every_other_json_file_is_none_for_all_tasks(path: str) -> None:
    assert (is_json(path), is_whole_submission(path)) == (True, False)


def test_what_is_no_json_is_told_by_its_ending() -> None:
    assert not any(map(is_json, ["a.json.bak", "json", "a.jsonl", "a/b.txt"]))
    assert stem_of("a.b/C.json") == "c"
