"""One model's folder: its bytes through the ingester's own rules, and what the disk says of it besides."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from common.arc.task_sets import load_task_set
from common.error_kinds import ErrorKind
from ingester.submission.folder import Finding, score_folder

from arcwatch.scoring.document import Scored
from arcwatch.scoring.models import Choice, Model


def score_model(model: Model, choice: Choice, tasks_dir: Path | None, on_file: Callable[[str], object]) -> Scored:
    """Score a folder; what could not be looked at is a finding."""
    tasks = load_task_set(choice.source, tasks_dir)
    score = score_folder(model.name, model.folder.files, model.folder.read, tasks, on_file=on_file)
    unread = [Finding(path, ErrorKind.UNAVAILABLE, reason, fatal=True) for path, reason in model.folder.unread.items()]
    score = replace(score, findings=(*score.findings, *unread), status="partial" if unread else score.status)
    return Scored(score, model.folder, choice, tasks)
