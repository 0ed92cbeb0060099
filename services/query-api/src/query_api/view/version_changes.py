"""What changed from one version of a submission to the next. Pure."""

from query_api.schemas.model_detail import Changes
from query_api.store.rows import Results


def changes(before: Results, after: Results) -> Changes:
    """Return what differs."""
    both = sorted(before.keys() & after.keys())
    was = {task_id for task_id, result in before.items() if result.solved}
    now = {task_id for task_id, result in after.items() if result.solved}
    return Changes(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(task_id for task_id in both if before[task_id].blob_oid != after[task_id].blob_oid),
        newly_solved=tuple(sorted(now - was)),
        no_longer_solved=tuple(sorted(was - now)),
    )
