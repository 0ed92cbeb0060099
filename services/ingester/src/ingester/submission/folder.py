"""Scores a model's folder from paths and bytes alone: what an ingestion of it commits, without any of its parts."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from common.arc.task_sets import TaskSet
from common.error_kinds import ErrorKind, NoteKind
from common.git.oids import oid_of
from common.storable import storable

from ingester.submission.aggregate import Aggregates, AttemptSums, TaskResult, aggregate
from ingester.submission.documents import Bytes
from ingester.submission.error_kinds import (
    SHOWN_TEST_IDS,
    ListedFinding,
    is_name_in_doubt,
    nothing_usable,
    too_large,
    with_test_ids,
)
from ingester.submission.layout import Layout, read_layout
from ingester.submission.limits import MAX_FILE_BYTES, Limits
from ingester.submission.staged_row import Row
from ingester.submission.transform import transform, transform_whole


def rows_of_file(key: str, data: Bytes, tasks: TaskSet, folder: str, limits: Limits) -> list[Row]:
    """Score a file: `key` is the id of the task that it answers, or the path of one that answers all of them."""
    if task := tasks.tasks.get(key):
        return transform(data, task, folder, limits)
    return transform_whole(data, key, tasks, folder, limits)


def files_by_key(layout: Layout) -> dict[str, str]:
    """Return the path of each file that is read, by the id of its task, or by its own path."""
    return {**layout.tasks, **{storable(path): path for path in layout.whole}}


def listed_findings(layout: Layout, blob_oids: Mapping[str, str]) -> Iterator[ListedFinding]:
    """Yield what the listing says of files, with the blob oid of those that are about one file."""
    for each in layout.findings:
        blob_oid = blob_oids.get(layout.unknown.get(each.subject, ""))
        yield ListedFinding(each.subject, each.kind, each.message, blob_oid, each.files)


def status_of(figures: Aggregates, failed: int) -> Literal["partial", "completed"]:
    """Return a version's status: `failed` files could not be used."""
    return "partial" if failed or not figures.attempts else "completed"


class Finding(NamedTuple):
    """A row of `ingestion_errors`. `subject` is a task id, or a path below the model's folder ("": the folder)."""

    subject: str
    kind: ErrorKind | NoteKind
    message: str
    fatal: bool


@dataclass(frozen=True)
class FolderScore:
    """What the folder comes to."""

    model: str
    figures: Aggregates
    results: tuple[TaskResult, ...]
    findings: tuple[Finding, ...]
    status: Literal["partial", "completed"]
    means_answers: bool


def score_folder(
    model: str,
    files: Mapping[str, int],
    read: Callable[[str], bytes],
    tasks: TaskSet,
    *,
    max_file_bytes: int = MAX_FILE_BYTES,
    on_file: Callable[[str], object] = lambda _: None,
) -> FolderScore:
    """Score a model's folder. `files` holds the size of each by its path, of which `read` returns the bytes.

    What `read` raises as OSError costs the file. `on_file` gets the path of each file that was read.
    """
    layout = read_layout(model, files, tasks.tasks, tasks.source)
    listed = list(listed_findings(layout, {}))
    total = _Total(model, tasks, wants_test_ids=is_name_in_doubt(listed))
    for key, path in files_by_key(layout).items():
        if files[path] > max_file_bytes:
            listed.append(too_large(key, files[path], max_file_bytes, None))
        else:
            try:
                total.add(key, path, read(path))
            except OSError as error:
                message = f"{path} cannot be read: {error.strerror or error}"
                listed.append(ListedFinding(key, ErrorKind.UNAVAILABLE, message))
        on_file(path)
    return total.score(listed, means_answers=layout.means_answers)


@dataclass
class _Total:
    model: str
    tasks: TaskSet
    wants_test_ids: bool
    results: list[TaskResult] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    attempts: dict[str, list[AttemptSums]] = field(default_factory=lambda: defaultdict(list))
    test_ids: set[str] = field(default_factory=set)

    def add(self, key: str, path: str, data: bytes) -> None:
        blob_oid = oid_of(b"blob", data)
        for row in rows_of_file(key, data, self.tasks, self.model, Limits()):
            if row.model_name is not None:
                self.attempts[row.model_name].append(_sums_of(row, row.model_name))
                if self.wants_test_ids:
                    self.test_ids.update(_test_ids(row))
                continue
            if row.pairs_total:
                solved = row.pairs_solved or 0
                self.results.append(TaskResult(row.puzzle_id, blob_oid, row.pairs_total, solved, storable(path)))
            for note in json.loads(row.notes or "[]"):
                kind = _kind(note["kind"])
                self.findings.append(Finding(row.puzzle_id, kind, note["message"], row.pairs_total is None))

    def score(self, listed: Sequence[ListedFinding], *, means_answers: bool) -> FolderScore:
        sums = [_added(model_name, parts) for model_name, parts in self.attempts.items()]
        figures = aggregate(self.tasks, self.results, sums)
        about_folder = with_test_ids(listed, sorted(self.test_ids)[: SHOWN_TEST_IDS + 1])
        self.findings += map(_finding, about_folder)
        if not figures.attempts:
            counts = Counter(str(kind) for kind, _ in {(each.kind, each.subject) for each in self.findings})
            self.findings.append(_finding(nothing_usable(counts, about_folder)))
        failed = len({each.subject for each in self.findings if each.fatal})
        results, findings = tuple(sorted(self.results)), tuple(self.findings)
        return FolderScore(self.model, figures, results, findings, status_of(figures, failed), means_answers)


def _finding(listed: ListedFinding) -> Finding:
    return Finding(storable(listed.puzzle_id), listed.kind, storable(listed.message), listed.is_fatal)


def _kind(name: str) -> ErrorKind | NoteKind:
    return ErrorKind(name) if name in set(ErrorKind) else NoteKind(name)


def _sums_of(row: Row, model_name: str) -> AttemptSums:
    correct = sum(each["isPredictionCorrect"] for each in json.loads(row.multi_test_results or "[]"))
    answers = [row.predicted_output_grid, *json.loads(row.multiple_predicted_outputs or "[]")]
    submitted = sum(each is not None for each in answers)
    costs = () if row.estimated_cost is None else (row.estimated_cost,)
    return AttemptSums(model_name, correct, submitted, costs, row.total_tokens, row.api_processing_time_ms)


def _added(model_name: str, parts: Sequence[AttemptSums]) -> AttemptSums:
    return AttemptSums(
        model_name,
        pairs_correct=sum(each.pairs_correct for each in parts),
        pairs_submitted=sum(each.pairs_submitted for each in parts),
        costs=[cost for each in parts for cost in each.costs],
        tokens=_sum_known(each.tokens for each in parts),
        time_ms=_sum_known(each.time_ms for each in parts),
    )


def _sum_known(values: Iterable[Any]) -> int | None:
    known = [int(value) for value in values if value is not None]
    return sum(known) if known else None


def _test_ids(row: Row) -> Iterator[str]:
    """Yield the names of configurations that the official harness wrote into the attempts."""
    for raw in json.loads(row.provider_raw_response or "[]"):
        metadata = raw.get("metadata") if isinstance(raw, dict) else None
        test_id = metadata.get("test_id") if isinstance(metadata, dict) else None
        if isinstance(test_id, str):
            yield test_id[:100]
