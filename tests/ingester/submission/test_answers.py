"""An answer is a grid, or text in which the official scorer finds one; what is far beyond a grid is not read."""

from typing import Any

import pytest
from ingester.submission.answers import read_answer, rows_in_text


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("[[1, 2], [3]]", [[1, 2], [3]]),
        ("so [[1]].", [[1]]),
        ("[[1]] or [[2]]", [[2]]),
        ("[[1]][[2]]", [[2]]),
        ("[ [1],\n [2] ]", [[1], [2]]),
        (r"\boxed{[[1]]} [[2]]", [[1]]),
        (r"\boxed{[[1]]}\boxed{[[2]]}", [[1]]),
        (r"\boxed{[[1]] [[2]]", [[2]]),
        (r"\boxed{} [[2]]", [[2]]),
        (r"} \boxed{[[1]]} [[2]]", [[1]]),
        (r"\boxed{[]} [[2]]", []),
        (r"\boxed{[1]} [[2]]", [[2]]),
        (r'\boxed{""} [[2]]', [[2]]),
        (r"\boxed{7} [[2]]", [[2]]),
        (r"\boxed{[]x", None),
        ("answer[]}", None),
        ("[[1]] and [", [[1]]),
        ("[", None),
        ("x[[1]]", [[1]]),
        ("[[1]", None),
        ("[[1]] then [2]", None),
        ("[]", None),
        ("[[]]", [[]]),
        ("[1]", None),
        ("[[[1]]]", None),
        ("[[[[1]]]]", None),
        ("][", None),
        ("]", None),
        ("", None),
        ("7", None),
        ('{"a": [[1]]}', [[1]]),
    ],
)
def test_a_grid_is_found_where_the_official_scorer_finds_it(text: str, rows: Any) -> None:
    assert rows_in_text(text) == rows


@pytest.mark.parametrize(("rows", "read"), [(1000, True), (1001, False)])
def test_a_grid_of_a_thousand_rows_is_still_read(rows: int, read: bool) -> None:  # noqa: FBT001 - a table
    assert (read_answer([[1]] * rows) is not None) is read
    assert (rows_in_text(str([[1]] * rows)) is not None) is read


def test_what_is_no_grid_is_not_read() -> None:
    odd: list[Any] = [None, 7, "no grid", [1], [["x"]], {"a": [[1]]}, "[[1.5]]"]
    assert [read_answer(each) for each in odd] == [None] * len(odd)


def test_a_grid_is_read_from_text_and_from_a_list() -> None:
    assert read_answer("It is [[1, 2]].") == read_answer([["1", 2.0]]) == [[1, 2]]
    assert read_answer([]) == []
