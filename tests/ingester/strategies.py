"""Submissions as hypothesis draws them: right, wrong, odd and incomplete ones."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from common.arc.task_sets import Pair, Task
from hypothesis import strategies as st

Grid = list[list[int]]
Draw = Callable[[st.SearchStrategy[Any]], Any]

# Three colours and two by two cells: near misses are frequent.
SIZES = st.tuples(st.integers(1, 2), st.integers(1, 2))
GRIDS = SIZES.flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 2), min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0]
    )
)
PROSE = st.sampled_from(["", "so ", "a, b\n", '1. "x"', "\\", "{}", "é\U0001f600", "\\boxed"])
ODD_VALUES: list[Any] = [None, 5, True, {}, {"grid": [[1]]}, [1, 2], [], [[]], [[1, 2], [3]], [[10]], [[-1]], [[None]]]
ODD_TEXTS = ["", "no grid", "[1, 2]", "[[1", "1]]", "][", "[[1]] then [2]", "\\boxed{", "\\boxed{7} [[1]]", "[[]]"]
ODD_TEXTS += ["[]", "\\boxed{[]} [[1]]", "[[[1]]]", '[["]"]]', "[[1.5]]", "[[NaN]]", '{"a": [[1]]}', "[[256]]"]
TOKENS: st.SearchStrategy[Any] = st.integers(0, 10**9) | st.sampled_from([None, 2**53 + 1])
COSTS: st.SearchStrategy[Any] = st.floats(0, 1e6) | st.sampled_from([None, 0, 7, 0.1])
ZONES: st.SearchStrategy[Any] = st.sampled_from([UTC, timezone(timedelta(hours=-8)), None])
DAY = datetime(2025, 12, 1)  # noqa: DTZ001 - hypothesis wants naive bounds
SPELLINGS = [
    "1764547200",
    "1764547200.25",
    1764547200.25,
    1764547200123,
    "2025-12-01",
    "2025-12-01 10:00",
    "2025-12-01T10",
]
SPELLINGS += ["2025-12-01t10:00:00,5z", "2025-12-01_10:00+0200", "20251201T100000", "2025-W49-1", "soon", True, [], ""]
INSTANTS = st.datetimes(DAY, DAY + timedelta(days=1), timezones=ZONES).map(datetime.isoformat) | st.sampled_from(
    SPELLINGS
)


def tasks(max_pairs: int = 3) -> st.SearchStrategy[Task]:
    return st.lists(GRIDS, min_size=1, max_size=max_pairs).map(
        lambda outputs: Task("0a1b2c3d", (), tuple(Pair((b"\0",), tuple(map(bytes, grid))) for grid in outputs))
    )


def outputs_of(task: Task) -> list[Grid]:
    return [[list(row) for row in pair.output] for pair in task.test]


@st.composite
def submissions(draw: Draw, outputs: list[Grid]) -> list[Any]:
    """Draw lists of pairs: shuffled, repeated, missing, null, with any number of attempts and null slots."""
    places = draw(st.permutations(range(len(outputs))))
    match draw(st.sampled_from(["as they are", "as they are", "one missing", "one twice", "two too many"])):
        case "one missing":
            places = places[1:]
        case "one twice":
            places = [*places, places[0]]
        case "two too many":
            places = [*places, len(outputs), len(outputs) + 1]
    return [draw(_entries(outputs, pair)) for pair in places]


@st.composite
def _entries(draw: Draw, outputs: list[Grid], pair: int) -> Any:
    if draw(_one_in(12)):
        return draw(st.sampled_from([None, {}]))
    numbers = draw(st.sampled_from([(1, 2), (1, 2), (1,), (2,), (2, 1), (3, 11, 2), (1, 2, 3, 4)]))
    return {f"attempt_{number}": None if draw(_one_in(6)) else draw(_attempts(outputs, pair)) for number in numbers}


@st.composite
def _attempts(draw: Draw, outputs: list[Grid], pair: int) -> dict[str, Any]:
    attempt = {
        "answer": draw(_answers(outputs, pair)),
        "metadata": None if draw(_one_in(10)) else draw(_metadata(len(outputs), pair)),
        "correct": draw(st.sampled_from([None, True, False])),
    }
    return _without_some(draw, attempt)


@st.composite
def _answers(draw: Draw, outputs: list[Grid], pair: int) -> Any:
    right = outputs[pair] if pair < len(outputs) else draw(GRIDS)
    grid = draw(st.sampled_from([right, right, outputs[0]]) | GRIDS)
    match draw(st.sampled_from(["grid", "odd cells", "text", "odd"])):
        case "grid":
            return grid
        case "odd cells":
            return [[draw(_spellings(cell)) for cell in row] for row in grid]
        case "text":
            return draw(_texts(grid))
        case _:
            return draw(st.sampled_from([*ODD_VALUES, *ODD_TEXTS]))


def _spellings(cell: int) -> st.SearchStrategy[Any]:
    spellings: list[Any] = [cell, str(cell), f" {cell}", f"0{cell}", float(cell)]
    return st.sampled_from([*spellings, bool(cell)] if cell in {0, 1} else spellings)


@st.composite
def _texts(draw: Draw, grid: Grid) -> str:
    text, other, before, after = json.dumps(grid), json.dumps(draw(GRIDS)), draw(PROSE), draw(PROSE)
    shapes = [
        text,
        f"{before}{text}{after}",
        f"{before}{other}\n{text}{after}",
        f"{before}{text}{after}{other}",
        f"{before}\\boxed{{{text}}}{after}{other}",
        f"\\boxed{{ {text}\n}} \\boxed{{{other}}}",
        f"\\boxed{{no}}{other} {text}",
        f"```json\n{json.dumps(grid, indent=1)}\n```",
    ]
    return str(draw(st.sampled_from(shapes)))


@st.composite
def _metadata(draw: Draw, pairs: int, pair: int) -> dict[str, Any]:
    metadata = {
        "pair_index": draw(_pair_indexes(pairs, pair)),
        "usage": draw(_usage()),
        "cost": draw(COSTS) if draw(_one_in(6)) else _without_some(draw, {"total_cost": draw(COSTS)}),
        "start_timestamp": draw(INSTANTS),
        "end_timestamp": draw(INSTANTS),
        "duration_seconds": draw(COSTS),
        "model": draw(st.sampled_from(["m", "", None, 7])),
    }
    return _without_some(draw, metadata)


@st.composite
def _usage(draw: Draw) -> dict[str, Any]:
    openai, anthropic = ("prompt", "completion"), ("input", "output", "cache_creation_input", "cache_read_input")
    names = draw(st.sampled_from([openai, openai, anthropic, (*openai, *anthropic)]))
    usage = {f"{name}_tokens": draw(TOKENS) for name in (*names, "total", "reasoning")}
    details = {f"{name}_tokens_details": {"reasoning_tokens": draw(TOKENS)} for name in names}
    return _without_some(draw, usage | {key: _without_some(draw, each) for key, each in details.items()})


@st.composite
def _pair_indexes(draw: Draw, pairs: int, pair: int) -> Any:
    odd = [None, -1, pairs, 10**30, True, False, 0.0, 0.5, "x", [], {}, *range(pairs)]
    return draw(st.sampled_from(odd)) if draw(_one_in(4)) else draw(st.sampled_from([pair, str(pair), float(pair)]))


def _one_in(chances: int) -> st.SearchStrategy[bool]:
    return st.sampled_from([False] * (chances - 1) + [True])


def _without_some(draw: Draw, values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if not draw(_one_in(10))}
