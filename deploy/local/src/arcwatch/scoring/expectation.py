"""What was expected of a score, and each figure that differs from it, by a name that says how."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from verifier.reports import Report, compare_report, read_report
from verifier.submissions import choose, score_file
from verifier.task_sets import read_outputs

from arcwatch.scoring.document import Scored

if TYPE_CHECKING:
    from verifier.rules import TaskScore


class ExpectationError(Exception):
    """The file says nothing that a score could be compared with."""


class Difference(NamedTuple):
    """One figure that differs from what was expected."""

    model: str
    name: str
    figure: str
    expected: Any
    found: Any
    message: str


def differences(
    expected: bytes, scored: Sequence[Scored], documents: Sequence[Any], tasks_dir: Path | None
) -> list[Difference]:
    """Compare with an official report or with an earlier output; raise ExpectationError where it is neither."""
    if report := read_report(expected):
        if len(scored) != 1:
            raise ExpectationError(f"it is the official report of one model, and DIR holds {len(scored)}")
        return list(_from_report(report, scored[0], tasks_dir))
    try:
        document = json.loads(expected)
    except (ValueError, RecursionError) as error:
        raise ExpectationError("it is no JSON") from error
    if isinstance(document, Mapping) and isinstance(document.get("models"), list):
        return list(_from_own(document["models"], documents))
    raise ExpectationError("neither an official report with task_results nor what --json printed")


def _from_report(report: Report, scored: Scored, tasks_dir: Path | None) -> Iterator[Difference]:
    """Compare by the second implementation of the rules, which knows the official scorer's ways and can name each."""
    source = scored.tasks.source
    scores: dict[str, TaskScore] = {}
    outputs = read_outputs(source, tasks_dir)
    choice = choose(scored.score.model, scored.folder.files, outputs, source)
    for path in choice.answers:
        with contextlib.suppress(OSError):  # a finding says it
            scores |= score_file(choice, path, scored.folder.read(path), outputs)
    for each in compare_report(report, scores):
        if each.name != "rounding":
            yield Difference(scored.score.model, each.name, each.figure, each.ours, each.theirs, each.message)


def _from_own(expected: Sequence[Any], documents: Sequence[Any]) -> Iterator[Difference]:
    before = {each.get("model"): each for each in expected if isinstance(each, Mapping)}
    now = {each["model"]: each for each in documents}
    for model in (*now, *(model for model in before if model not in now)):
        if model not in before or model not in now:
            name = "unexpected_model" if model in now else "missing_model"
            message = "is not in what was expected" if model in now else "is not there"
            yield Difference(str(model), name, "model", model in before, model in now, message)
        else:
            yield from _of_model(model, _figures(before[model]), _figures(now[model]))


# Where it lies and what is said of it is no figure.
_NO_FIGURES = frozenset({"model", "path", "sourceReason", "findings"})


def _figures(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return every figure by its name, those of attempts and tasks one by one."""
    plain = {name: value for name, value in document.items() if name not in _NO_FIGURES}
    for task_id, task in _items(plain.pop("tasks", {})):
        plain |= {f"{task_id} {name}": value for name, value in _items(task) if name.startswith("pairs")}
    for attempt in plain.pop("attempts", []):
        label = str(attempt["modelName"]).rpartition("-")[2] if isinstance(attempt, Mapping) else "attempt"
        plain |= {f"{label} {name}": value for name, value in _items(attempt) if name != "modelName"}
    return plain


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    yield from value.items() if isinstance(value, Mapping) else ()


def _of_model(model: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    for figure in sorted(before.keys() | now.keys()):
        expected, found = before.get(figure), now.get(figure)
        if expected != found:
            name = _NAMES.get(figure, "wrong_figure")
            yield Difference(model, name, figure, expected, found, f"{expected} was expected, it is {found}")


_NAMES = {
    "source": "task_set_mismatch",
    "taskSetVersion": "task_set_mismatch",
    "rulesVersion": "other_rules",
    "score": "wrong_score",
    "scoreSubmitted": "wrong_score",
}
