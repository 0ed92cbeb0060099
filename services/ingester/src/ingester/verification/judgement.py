"""From what a version claims, and what was computed of it, to a verdict. Pure."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from itertools import zip_longest
from typing import Any, Literal

import asyncpg
from common.arc.rules import RULES_VERSION
from verifier.comparison import Disagreement, compare, count_figures, explain, verdict_of
from verifier.figures import AttemptFigures, Figures, add_up
from verifier.rules import TaskScore
from verifier.stored import StoredAnswers, check_verdicts, count_verdicts, score_rows
from verifier.task_sets import Outputs

from ingester.store.verdicts import Claim

ComparedWith = Literal["hub", "rows"]
Verdict = Literal["verified", "explained", "differs", "impossible"]
# Stored and shown of each verification: a version whose every task differs has no more to say than that.
_MOST_SHOWN = 100


@dataclass(frozen=True)
class Judgement:
    """A verdict, how many figures were compared, and those that differ."""

    verdict: Verdict
    figures: int
    disagreements: tuple[Disagreement, ...] = ()

    def as_json(self) -> list[dict[str, Any]]:
        """Return the disagreements as they are stored."""
        shown = [each._asdict() for each in self.disagreements[:_MOST_SHOWN]]
        found: list[dict[str, Any]] = json.loads(json.dumps(_plain(shown)))
        return found


def judge_rows(claim: Claim, rows: Iterable[Mapping[str, Any] | asyncpg.Record], outputs: Outputs) -> Judgement:
    """Compare a version with its own rows, whose grids are judged anew."""
    answers = list(map(_answers, rows))
    scores = score_rows(answers, claim.results, outputs)
    wrong = list(check_verdicts(answers, outputs))
    return _judge(claim, add_up(scores, outputs), wrong, count_verdicts(answers))


def judge_scores(
    claim: Claim, scores: Mapping[str, TaskScore], outputs: Outputs, others: list[Disagreement], others_compared: int
) -> Judgement:
    """Compare a version with scores of its files; `others` is what was found besides, in so many comparisons."""
    return _judge(claim, add_up(scores, outputs), others, others_compared)


def with_other_task_set(judgement: Judgement, claim: Claim, version: str) -> Judgement:
    """Explain what differs where the version was scored by another edition of its task set."""
    if claim.task_set_version in {None, version}:
        return judgement
    why = f"scored by edition {claim.task_set_version} of {claim.source}, and {version} is here"
    found = [
        each._replace(name="task_set_mismatch", message=f"{each.message}; {why}")
        for each in judgement.disagreements
        if each.name != "rounding"
    ]
    return _judgement(found, judgement.figures)


def _judge(claim: Claim, computed: Figures, others: list[Disagreement], others_compared: int) -> Judgement:
    claimed = _claimed(claim)
    found = [*compare(claimed, computed), *others]
    if (claim.rules_version or 0) < RULES_VERSION:
        rules = claim.rules_version or "older than 2"
        found = explain(found, "older_rules", f"scored by rules {rules}, recomputed by {RULES_VERSION}")
    return _judgement(found, count_figures(claimed) + others_compared)


def _judgement(found: list[Disagreement], figures: int) -> Judgement:
    return Judgement(verdict_of(found), figures, tuple(found))


def _claimed(claim: Claim) -> Figures:
    return Figures(tasks=claim.results, attempts=dict(_attempts(claim.attempts)), **claim.figures)


def _attempts(stored: Any) -> Iterator[tuple[int, AttemptFigures]]:
    for each in stored:
        names = ("pairs_correct", "pairs_submitted", "accuracy_percent")
        yield _number(each["model_name"]), AttemptFigures(*(each.get(name) for name in names))


def _number(model_name: str) -> int:
    return int(model_name.rpartition("-attempt")[2])


def _answers(row: Mapping[str, Any] | asyncpg.Record) -> StoredAnswers:
    # Where no grid can be read, what came: it is an answer, too.
    others = json.loads(row["multiple_predicted_outputs"] or "[]")
    if row["has_multiple_predictions"]:
        pairs = json.loads(row["multi_test_results"] or "[]")
        found, verdicts = (
            [each.get("predictedGrid") for each in pairs],
            [each.get("isPredictionCorrect") for each in pairs],
        )
    else:
        found, verdicts = [json.loads(row["predicted_output_grid"] or "null")], [row["is_prediction_correct"]]
    grids = [other if grid is None else grid for grid, other in zip_longest(found, others)]
    return StoredAnswers(
        task_id=row["puzzle_id"],
        attempt=_number(row["model_name"]),
        grids=grids,
        verdicts=verdicts,
        all_right=row["multi_test_all_correct"],
        average=row["multi_test_average_accuracy"],
        cost=row["estimated_cost"],
        tokens=row["total_tokens"],
        time_ms=row["api_processing_time_ms"],
    )


def _plain(value: Any) -> Any:
    """Return a value as jsonb takes it: PostgreSQL refuses infinite numbers, and they may be what differs."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return list(map(_plain, value)) if isinstance(value, list | tuple) else value
