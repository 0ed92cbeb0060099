"""A score as JSON, in the words of the API, and what differs between it and another one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from common.arc.rules import RULES_VERSION
from common.arc.task_sets import TaskSet
from common.error_kinds import ADVICE, ErrorKind, Severity
from ingester.submission.aggregate import AttemptScore, TaskResult
from ingester.submission.folder import Finding, FolderScore
from query_api.view.uncertainty import interval

from arcwatch.scoring.disk import Folder
from arcwatch.scoring.models import Choice

# Of what only the ingester's downloads meet, this is all that a disk can do.
_ON_DISK = {ErrorKind.UNAVAILABLE: "Make the file readable: a file with the right permissions, no link."}
_BY_SEVERITY: Mapping[Severity, int] = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class Scored:
    """One model's score, and how it came about."""

    score: FolderScore
    folder: Folder
    choice: Choice
    tasks: TaskSet


def findings_by_kind(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Group findings, the gravest first, then those of most files."""
    groups = groupby(sorted(findings, key=attrgetter("kind", "subject")), key=attrgetter("kind"))
    found = [
        {
            "kind": str(kind),
            "severity": ADVICE[kind].severity,
            "advice": _ON_DISK.get(kind, ADVICE[kind].text),
            "count": len(each := list(group)),
            "files": [{"subject": finding.subject, "message": finding.message} for finding in each],
        }
        for kind, group in groups
    ]
    return sorted(found, key=lambda each: (_BY_SEVERITY[each["severity"]], -each["count"]))


def as_document(scored: Scored) -> dict[str, Any]:
    """Return everything that is known of a model's score."""
    score, figures = scored.score, scored.score.figures
    bounds = interval(figures.score, figures.tasks_total)
    return {
        "model": score.model,
        "path": str(scored.folder.path),
        "source": scored.choice.source,
        "sourceReason": scored.choice.why,
        "taskSetVersion": scored.tasks.version,
        "rulesVersion": RULES_VERSION,
        "status": score.status,
        "score": figures.score,
        "scoreInterval": {"low": bounds.low, "high": bounds.high},
        "scoreSubmitted": figures.score_submitted,
        "tasksTotal": figures.tasks_total,
        "tasksSubmitted": figures.tasks_submitted,
        "tasksSolved": figures.tasks_solved,
        "pairsTotal": figures.pairs_total,
        "pairsSolved": figures.pairs_solved,
        "attempts": list(map(_attempt, figures.attempts)),
        "totalCost": figures.total_cost,
        "totalTokens": figures.total_tokens,
        "totalTimeMs": figures.total_time_ms,
        "tasks": {each.puzzle_id: _task(each) for each in score.results},
        "findings": findings_by_kind(score.findings),
    }


def _attempt(of: AttemptScore) -> dict[str, Any]:
    return {
        "modelName": of.model_name,
        "accuracyPercent": of.accuracy_percent,
        "pairsCorrect": of.pairs_correct,
        "pairsSubmitted": of.pairs_submitted,
    }


def _task(of: TaskResult) -> dict[str, Any]:
    return {
        "pairsTotal": of.pairs_total,
        "pairsSolved": of.pairs_solved,
        "path": of.hf_path,
        "blobOid": of.hf_blob_oid,
    }
