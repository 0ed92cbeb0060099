"""The SQL of the operators' console: what admins do, and the lines that say so."""

from typing import Final

# The reader's role is read-only by default; of a few tables it may write rows.
ALLOW_WRITES: Final = "SET TRANSACTION READ WRITE"

# What admins did.

ADD_ACTION: Final = """
INSERT INTO admin_actions (actor, address, action, target, request_id, outcome)
VALUES ($1, $2, $3, $4::text::jsonb, $5, $6) RETURNING id
"""

END_ACTION: Final = """
INSERT INTO admin_actions (actor, address, action, target, request_id, outcome, detail, ends)
SELECT actor, address, action, target, request_id, $2, $3, id FROM admin_actions WHERE id = $1 RETURNING id
"""

COUNT_ACTIONS: Final = """
SELECT count(*) FROM admin_actions
WHERE ends IS NULL AND ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR action = $2)
"""

ACTIONS: Final = """
SELECT a.id, a.at, a.actor, a.address, a.action, a.target, a.request_id, coalesce(e.outcome, a.outcome) AS outcome,
    coalesce(e.detail, a.detail) AS detail
FROM admin_actions a LEFT JOIN admin_actions e ON e.ends = a.id
WHERE a.ends IS NULL AND ($1::text IS NULL OR a.actor = $1) AND ($2::text IS NULL OR a.action = $2)
ORDER BY a.id DESC LIMIT $3 OFFSET $4
"""

# Which datasets are paused.

PAUSES: Final = """
SELECT dataset, paused_by AS by, paused_at AS since, reason, until FROM dataset_pauses
WHERE until IS NULL OR until > clock_timestamp()
"""

PAUSE: Final = """
INSERT INTO dataset_pauses (dataset, paused_by, reason, until)
SELECT $1, $2, $3, $4 WHERE $4::timestamptz IS NULL OR $4 > clock_timestamp()
ON CONFLICT (dataset) DO UPDATE SET paused_by = excluded.paused_by, paused_at = excluded.paused_at,
    reason = excluded.reason, until = excluded.until
RETURNING dataset, paused_by AS by, paused_at AS since, reason, until
"""

RESUME: Final = "DELETE FROM dataset_pauses WHERE dataset = $1 RETURNING dataset"

# What admins cancel.

STATUS_OF_RUN: Final = "SELECT status FROM ingestion_runs WHERE id = $1"

CANCEL: Final = "INSERT INTO cancellations (run_id, request_id, asked_by) VALUES ($1, $2, $3) RETURNING id"
