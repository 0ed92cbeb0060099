"""Runs, the errors of their files, and the staged rows that end with them."""

from ingester.submission.staged_row import FileError

# Both instants are the database's, whichever host's clock is ahead, and a clock that is set back makes no duration
# negative. Not now(): within a transaction that is its start.
_ENDS = """completed_at = greatest(statement_timestamp(), started_at), duration_ms = least(2147483647,
    greatest(0, extract(epoch FROM statement_timestamp() - started_at) * 1000))::int"""

# Whatever ends a run deletes what was staged for it: no delivery resumes it.
_RUN = "id, hf_dataset, dataset_name, duration_ms, started_at, completed_at"
_DELETE_STAGED = """
DELETE FROM staged_rows s USING ended e
WHERE s.hf_dataset = e.hf_dataset AND s.model = e.dataset_name AND s.run_id = e.id
"""


def _ending(columns: str, condition: str) -> str:
    return f"""
WITH ended AS (
    UPDATE ingestion_runs SET {columns}, {_ENDS} {condition} RETURNING {_RUN}
), unstaged AS ({_DELETE_STAGED})
SELECT id, duration_ms, started_at, completed_at FROM ended
"""  # noqa: S608 - made of constants


# The lock is ours, so a run of this model that is still 'running' belongs to an earlier delivery, of this event or of
# another: resume it. It is this event's run from now on.
RESUME_RUN = """
UPDATE ingestion_runs r SET delivery_count = $3, ingester = $4, revision = $5, tree_oid = $6, total_puzzles = $7,
    base_url = $9, source = $10, trigger = $11, auto_triggered = $12, event_sequence = $13, rules_version = $14,
    task_set_version = $15, request_ids = $16
FROM (
    SELECT id, event_sequence, rules_version, task_set_version FROM ingestion_runs
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'running' AND dry_run = $8
    ORDER BY id DESC LIMIT 1
) AS begun
WHERE r.id = begun.id
RETURNING r.id, begun.event_sequence,
    coalesce(begun.rules_version = $14 AND begun.task_set_version = $15, false) AS judged_alike
"""

OPEN_RUN = """
INSERT INTO ingestion_runs (hf_dataset, dataset_name, delivery_count, ingester, revision, tree_oid, total_puzzles,
    dry_run, base_url, source, trigger, auto_triggered, event_sequence, rules_version, task_set_version,
    request_ids, status, started_at, completed_at, duration_ms, successful, failed, skipped)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'running', now(), now(), 0, 0, 0, 0)
RETURNING id
"""

CLOSE_RUN = _ending(
    """status = $2, successful = $3, failed = $4, skipped = $5, total_puzzles = $6, accuracy_percent = $7, score = $8,
    error_log = $9""",
    "WHERE id = $1",
)

# Of `ingestion_errors`, as COPY takes them.
ERROR_COLUMNS = ("run_id", *FileError._fields)

COPY_STAGED_ERRORS = """
INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal, hf_blob_oid)
SELECT $3, s.puzzle_id, n->>'kind', n->>'message', s.pairs_total IS NULL, s.hf_blob_oid
FROM staged_rows s JOIN wanted w USING (run_id, puzzle_id, hf_blob_oid), jsonb_array_elements(s.notes) AS n
WHERE s.hf_dataset = $1 AND s.model = $2 AND s.model_name IS NULL
"""

CARRY_ERRORS_OVER = """
INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal, hf_blob_oid)
SELECT $1, e.puzzle_id, e.kind, e.message, e.fatal, e.hf_blob_oid
FROM ingestion_errors e JOIN wanted w USING (puzzle_id, hf_blob_oid)
WHERE e.run_id = $2 AND e.puzzle_id = ANY($3)
"""

INSERT_ERROR = """
INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal, hf_blob_oid) VALUES ($1, $2, $3, $4, $5, $6)
"""

COUNT_FINDINGS = """
SELECT count(DISTINCT puzzle_id) FILTER (WHERE fatal) AS failed,
    count(*) FILTER (WHERE NOT fatal AND kind = ANY($2)) AS warnings
FROM ingestion_errors WHERE run_id = $1
"""

# What is said of the folder has no name.
COUNT_ERROR_KINDS = """
SELECT kind, count(DISTINCT coalesce(puzzle_id, '')) FROM ingestion_errors WHERE run_id = $1 GROUP BY kind
"""

# The run of this event, or a new one where it ended before there was one; the same one again when the power failed
# before the message was settled. Where another ingester holds the lock, the event was delivered twice, and the run is
# at work there. $4: how it ends.
END_EVENT = f"""
WITH free AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(hashtextextended($1 || '@' || $2, 0)) AS ours
), ended AS (
    UPDATE ingestion_runs SET status = $4, error_log = $5, delivery_count = $6, {_ENDS}
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'running' AND dry_run = $3
        AND event_sequence IS NOT DISTINCT FROM $7 AND (SELECT ours FROM free)
    RETURNING {_RUN}
), unstaged AS ({_DELETE_STAGED}), again AS (
    SELECT {_RUN} FROM ingestion_runs
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = $4 AND dry_run = $3 AND error_log = $5 AND $6 > 1
        AND event_sequence IS NOT DISTINCT FROM $7 AND completed_at > now() - interval '10 minutes'
    ORDER BY id DESC LIMIT 1
), made AS (
    INSERT INTO ingestion_runs (hf_dataset, dataset_name, dry_run, status, error_log, delivery_count, event_sequence,
        ingester, trigger, auto_triggered, request_ids, base_url, total_puzzles, started_at, completed_at, duration_ms,
        successful, failed, skipped)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', 0, now(), now(), 0, 0, 0, 0
    WHERE NOT EXISTS (SELECT FROM ended) AND NOT EXISTS (SELECT FROM again)
    RETURNING {_RUN}
)
SELECT id, duration_ms, started_at, completed_at
FROM (SELECT * FROM ended UNION ALL SELECT * FROM made UNION ALL SELECT * FROM again) AS runs
ORDER BY id DESC LIMIT 1
"""  # noqa: S608 - made of the constants above

# A request that waits for the model's lock resumes its run when it is handed back, as another event.
RUNNING_RUNS = """
SELECT id, hf_dataset AS dataset, dataset_name AS model, dry_run, event_sequence, delivery_count, ingester,
    coalesce(request_ids, '{}') AS request_ids
FROM ingestion_runs r WHERE status = 'running' AND started_at < now() - $1::interval
    AND NOT EXISTS (
        SELECT FROM waiting_requests w
        WHERE w.hf_dataset = r.hf_dataset AND w.model = r.dataset_name AND w.dry_run = r.dry_run)
ORDER BY id
"""

# A redelivery of what brought the version finds it done: that run was for these requests.
HAS_RUN_OF_EVENT = """
SELECT EXISTS (SELECT FROM ingestion_runs WHERE request_ids && $1 AND event_sequence IS NOT DISTINCT FROM $2)
"""

HAS_COMMITTED_RUN = """
SELECT EXISTS (
    SELECT FROM ingestion_runs
    WHERE hf_dataset = $1 AND dataset_name = $2 AND dry_run = $3 AND event_sequence IS NOT DISTINCT FROM $4
        AND status IN ('completed', 'partial'))
"""

# What was said of files without a look into them.
DELETE_LISTED = "DELETE FROM ingestion_errors WHERE run_id = $1 AND NOT fatal AND kind = ANY($2)"

FAIL_ORPHANED_RUN = _ending("status = 'failed', error_log = $2", "WHERE id = $1 AND status = 'running'")

SKIP_RUNNING_RUNS = _ending(
    "status = 'skipped', error_log = $5",
    """WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'running' AND dry_run = $3
        AND event_sequence IS NOT DISTINCT FROM $4""",
)

# Left by an ingester that staged for a run which had ended meanwhile, and by those from before migration 0003: rows
# without a run may be at work while their model has one.
DELETE_ORPHANED_STAGING = """
DELETE FROM staged_rows s WHERE NOT EXISTS (
    SELECT FROM ingestion_runs r
    WHERE r.status = 'running'
        AND (r.id = s.run_id OR s.run_id IS NULL AND r.hf_dataset = s.hf_dataset AND r.dataset_name = s.model))
"""
