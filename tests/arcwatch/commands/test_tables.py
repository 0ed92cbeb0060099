"""Promise: a table fits the terminal whatever is in it, and where there is none every value is whole."""

import pytest
from arcwatch.commands.console.sorting import arranged, matches
from arcwatch.commands.console.styles import BOLD, RED
from arcwatch.commands.console.table import cells_of, lay_out, shortened
from hypothesis import given
from hypothesis import strategies as st

COLUMNS = ("model", "dataset", "status", "score", "reason")
ROWS: list[list[object]] = [
    ["gpt-5-2-2025-12-11-thinking-xhigh", "arcprize/arc_agi_v2_public_eval", "failed", "54.2%", "no such folder there"],
    ["模型" * 10, "o/d", "completed", "4.0%", None],
]


def test_without_a_width_every_value_is_whole() -> None:
    found = lay_out(COLUMNS, ROWS)
    assert found.lines == (
        "MODEL" + " " * 37 + "DATASET                          STATUS     SCORE  REASON",
        "gpt-5-2-2025-12-11-thinking-xhigh" + " " * 9
        + "arcprize/arc_agi_v2_public_eval  failed     54.2%  no such folder there",
        "模型" * 10 + "  o/d                              completed   4.0%  -",
    )  # fmt: skip
    assert found.hidden == ()


def test_where_it_is_narrow_texts_are_shortened_then_columns_go() -> None:
    wide = lay_out(COLUMNS, ROWS, width=75, spare=("dataset",))
    assert wide.hidden == ()
    assert wide.lines[1].startswith("gpt-5-2")
    assert "…" in wide.lines[1]
    assert wide.lines[1].endswith("…")
    narrow = lay_out(COLUMNS, ROWS, width=52, spare=("dataset",))
    assert narrow.hidden == ("dataset",)
    assert lay_out(COLUMNS, ROWS, width=30, spare=("dataset",)).hidden == ("dataset", "score", "reason")
    assert lay_out(COLUMNS, ROWS, width=8, spare=("dataset",)).lines[1] == "gpt-…igh"


@pytest.mark.parametrize("width", [1, 2, 7, 20, 39, 40, 60, 80, 120, 200])
@pytest.mark.parametrize("spare", [(), ("dataset", "score"), COLUMNS[1:]])
def test_no_line_is_wider_than_the_terminal(width: int, spare: tuple[str, ...]) -> None:
    found = lay_out(COLUMNS, ROWS, width=width, spare=spare)
    assert max(map(cells_of, found.lines)) <= width
    assert "model" not in found.hidden


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Mn", "Me", "Mc"]), max_size=40),
    st.integers(0, 50),
)
def test_a_shortened_text_fits(text: str, width: int) -> None:
    assert cells_of(shortened(text, width)) <= width


def test_of_a_name_the_middle_goes_and_of_a_sentence_the_end() -> None:
    assert shortened("gpt-5-2-thinking-xhigh", 11) == "gpt-5…xhigh"
    assert shortened("there is no such folder", 11) == "there is n…"


def test_a_word_that_says_how_something_is_has_its_colour_and_a_name_has_none() -> None:
    painted: list[tuple[str, int | None]] = []

    def paint(text: str, style: int | None) -> str:
        painted.append((text, style))
        return text

    lay_out(("model", "status"), [["failed", "failed"]], paint=paint)
    assert painted == [("MODEL", BOLD), ("STATUS", BOLD), ("failed", None), ("failed", RED)]


def test_what_others_wrote_cannot_act_on_the_terminal() -> None:
    assert lay_out(("a",), [["x\x1b[2J\u202e"]]).lines[1] == "x\\u001b[2J\\u202e"


def test_rows_without_the_value_come_last_both_ways() -> None:
    rows: list[dict[str, int | None]] = [{"n": None}, {"n": 2}, {"n": 1}]
    assert [row["n"] for row in arranged(rows, lambda row: row["n"], descending=False)] == [1, 2, None]
    assert [row["n"] for row in arranged(rows, lambda row: row["n"], descending=True)] == [2, 1, None]
    assert arranged(["b", "A", "C"], lambda text: text, descending=False) == ["A", "b", "C"]


def test_a_search_is_for_a_part_in_whatever_case() -> None:
    assert matches(None)
    assert matches("GPT", None, "a-gpt-5")
    assert not matches("gpt", "claude", None)
