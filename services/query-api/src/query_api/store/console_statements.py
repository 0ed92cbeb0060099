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

# Outgoing notifications. Messages may be left of a channel that no notifier has any more.

CHANNELS: Final = """
SELECT coalesce(c.name, m.channel) AS name, c.kind, c.filters,
    coalesce(c.seen_at > clock_timestamp() - interval '1 minute', false) AS running, c.seen_at, c.sent_at, c.failed_at,
    c.error, coalesce(m.waiting, 0) AS waiting, coalesce(m.dead, 0) AS dead
FROM notification_channels c FULL JOIN (
    SELECT channel, count(*) FILTER (WHERE status <> 'dead') AS waiting, count(*) FILTER (WHERE status = 'dead') AS dead
    FROM notification_messages WHERE status <> 'sent' GROUP BY channel
) m ON m.channel = c.name
ORDER BY name
"""

DEAD_MESSAGES: Final = """
SELECT id, channel, cardinality(news) AS pieces, created_at, attempts, error FROM notification_messages
WHERE status <> 'sent' AND status = 'dead' ORDER BY created_at, id LIMIT 100
"""

# The notifier begins none that was asked for two minutes ago, and no attempt takes as long as that.
_TEST = """id, channel, asked_by, asked_at, ended_at, kind, reason, CASE
    WHEN ended_at IS NOT NULL THEN CASE WHEN kind IS NULL THEN 'delivered' ELSE 'refused' END
    WHEN begun_at IS NOT NULL THEN
        CASE WHEN begun_at > clock_timestamp() - interval '2 minutes' THEN 'sending' ELSE 'unknown' END
    WHEN asked_at > clock_timestamp() - interval '2 minutes' THEN 'waiting' ELSE 'expired' END AS state"""

LAST_TESTS: Final = f"SELECT DISTINCT ON (channel) {_TEST} FROM notification_tests ORDER BY channel, id DESC"  # noqa: S608

ASK_TEST: Final = f"INSERT INTO notification_tests (channel, asked_by) VALUES ($1, $2) RETURNING {_TEST}"  # noqa: S608
