"""From a file's proven bytes to the rows that are staged, in the shape that COPY takes."""

from collections.abc import Sequence
from typing import Any

from common.arc_tasks import TaskSet
from common.hub import RemoteFile

from ingester.collect import Transform
from ingester.transform import Limits, transform


def staged_records(dataset: str, model: str, tasks: TaskSet, limits: Limits) -> Transform:
    """Return the transform of a run's files: task id, listing entry and bytes to rows as STAGED_COLUMNS."""

    def records(task_id: str, file: RemoteFile, body: bytes) -> Sequence[Sequence[Any]]:
        rows = transform(body, tasks.tasks[task_id], model, limits).staged
        return [(dataset, model, file.blob_oid, *row) for row in rows]

    return records
