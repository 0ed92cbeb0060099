"""News, found in what ingesters commit, and messages from their first piece of news to their end."""

# One row for all notifiers. What happened before there was one is no news.
BEGIN_READING = """
INSERT INTO notification_reader (began_at, read_until) VALUES (now(), now()) ON CONFLICT DO NOTHING
"""

# A clock that was ahead, and was set right: what happens until it is there again must not go unseen.
COME_BACK = """
UPDATE notification_reader SET began_at = least(began_at, now()), read_until = least(read_until, now())
WHERE began_at > now() OR read_until > now()
"""

# Whoever holds the row looks for news. A transaction commits later than the instants that it writes: $1 is looked back.
LOCK_READER = "SELECT greatest(began_at, read_until - $1::interval) FROM notification_reader FOR UPDATE"

# Often nothing was found: then once in a while is enough.
MOVE_READER = """
UPDATE notification_reader SET read_until = now() WHERE $1 OR read_until < now() - interval '5 minutes'
"""

_INSTANT = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""


def _store(select: str) -> str:
    return f"""
WITH found AS ({select})
INSERT INTO notification_events (key, kind, hf_dataset, model, happened_at, score, detail)
SELECT * FROM found WHERE NOT EXISTS (SELECT FROM notification_events e WHERE e.key = found.key)
ON CONFLICT (key) DO NOTHING
RETURNING id, kind, hf_dataset AS dataset, model, happened_at, score, detail
"""  # noqa: S608 - made of constants


# Each landing since $1, also one that another has superseded meanwhile. Versions without other answers than the one
# before have its instant and its key.
STORE_LANDINGS = _store(f"""
SELECT DISTINCT ON (1)
    'landing ' || v.hf_dataset || '@' || v.landed_as || '@' || {_INSTANT.format("v.landed_at")} AS key,
    'landing', v.hf_dataset, v.model, v.landed_at, v.score, jsonb_build_object(
        'displayName', coalesce(n.display_name, v.display_name), 'source', v.source, 'status', v.status,
        'scoreSubmitted', v.score_submitted, 'tasksTotal', v.tasks_total, 'tasksSubmitted', v.tasks_submitted,
        'tasksSolved', v.tasks_solved, 'totalCost', v.total_cost, 'treeOid', v.tree_oid, 'revision', v.revision,
        'publishedAt', v.published_at, 'previousScore', (
            SELECT p.score FROM submission_versions p
            WHERE p.hf_dataset = v.hf_dataset AND p.model = v.model AND p.landed_at < v.landed_at
            ORDER BY p.landed_at DESC, p.ingested_at DESC LIMIT 1
        ))
FROM submission_versions v LEFT JOIN model_names n ON n.folder = v.model
WHERE v.landed_at > $1 AND v.attempts <> '[]'
ORDER BY 1, v.ingested_at
""")  # noqa: S608 - made of constants

# A run lasts some hours at most: its retries, and what the Hub asks it to wait.
STORE_FAILURES = _store(f"""
SELECT 'failure ' || id || '@' || {_INSTANT.format("started_at")} AS key,
    'failure', hf_dataset, dataset_name, completed_at, NULL::float8, jsonb_build_object(
        'runId', id, 'reason', left(error_log, 2000), 'treeOid', tree_oid)
FROM ingestion_runs
WHERE status = 'failed' AND dry_run IS NOT TRUE AND hf_dataset IS NOT NULL AND completed_at > $1
    AND started_at > $1 - interval '7 days'
""")  # noqa: S608 - made of constants

# A version that goes on to differ is told once.
STORE_VERIFICATIONS = _store(f"""
SELECT 'verification ' || x.id || '@' || {_INSTANT.format("x.verified_at")} AS key,
    'verification', v.hf_dataset, v.model, x.verified_at, v.score, jsonb_build_object(
        'displayName', v.display_name, 'comparedWith', x.compared_with, 'figures', x.figures,
        'disagreements', jsonb_array_length(x.disagreements))
FROM verifications x JOIN submission_versions v ON v.id = x.version_id
WHERE x.verdict = 'differs' AND x.verified_at > $1 AND x.verified_at >= v.ingested_at AND (
        SELECT p.verdict FROM verifications p
        WHERE p.version_id = x.version_id AND p.compared_with = x.compared_with AND p.verified_at < x.verified_at
            AND p.verified_at >= v.ingested_at
        ORDER BY p.verified_at DESC LIMIT 1
    ) IS DISTINCT FROM 'differs'
""")  # noqa: S608 - made of constants

# $2: news, in their order; $3: how long after the last piece the message goes; $4: how long after its first at most.
# The message that is open takes them; where a sender has just taken that, they begin another.
ADD_TO_MESSAGE = """
WITH added AS (
    UPDATE notification_messages SET news = news || $2::bigint[],
        due_at = least(created_at + $4::interval, now() + $3::interval)
    WHERE status = 'open' AND id = (
        SELECT id FROM notification_messages WHERE channel = $1 AND status = 'open' AND due_at > now()
        ORDER BY created_at DESC LIMIT 1)
    RETURNING id
)
INSERT INTO notification_messages (channel, status, news, created_at, due_at)
SELECT $1, 'open', $2::bigint[], now(), now() + least($3::interval, $4::interval) WHERE NOT EXISTS (SELECT FROM added)
"""

ADD_ONE_EACH = """
INSERT INTO notification_messages (channel, status, news, created_at, due_at)
SELECT $1, 'open', ARRAY[piece], now(), now() FROM unnest($2::bigint[]) AS piece
"""

# $2: how long it is ours. If we die meanwhile, it is sent again then, under the same id.
CLAIM_MESSAGE = """
UPDATE notification_messages SET status = 'waiting', attempts = attempts + 1, due_at = now() + $2::interval
WHERE id = (
    SELECT id FROM notification_messages
    WHERE channel = $1 AND status IN ('open', 'waiting') AND status <> 'sent' AND due_at <= now()
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, attempts, news, message, created_at
"""

NEWS_OF_MESSAGE = """
SELECT e.kind, e.hf_dataset AS dataset, e.model, e.happened_at, e.score, e.detail
FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (id, place) JOIN notification_events e USING (id) ORDER BY place
"""

# Whatever is sent again is the same, letter by letter.
KEEP_MESSAGE = """
UPDATE notification_messages SET message = coalesce(message, $2) WHERE id = $1 RETURNING message
"""

MARK_SENT = """
WITH sent AS (
    UPDATE notification_messages SET status = 'sent', sent_at = now(), error = NULL WHERE id = $1 RETURNING channel)
UPDATE notification_channels SET sent_at = now() WHERE name IN (SELECT channel FROM sent)
"""

MARK_FAILED = """
WITH failed AS (
    UPDATE notification_messages SET status = $2, due_at = now() + $3::interval, error = $4
    WHERE id = $1 AND status = 'waiting' RETURNING channel)
UPDATE notification_channels SET failed_at = now(), error = $4 WHERE name IN (SELECT channel FROM failed)
"""

COUNT_UNSENT = """
SELECT channel, count(*) FILTER (WHERE status <> 'dead') AS waiting, count(*) FILTER (WHERE status = 'dead') AS dead,
    coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE status = 'waiting')), 0)::float8 AS late_seconds
FROM notification_messages WHERE status <> 'sent' GROUP BY channel
"""

UNSENT_MESSAGES = """
SELECT id, channel, status, cardinality(news) AS pieces, created_at, due_at, attempts, error
FROM notification_messages WHERE status <> 'sent' ORDER BY created_at, id
"""

# $1: which ones; null: all.
REPLAY_DEAD = """
UPDATE notification_messages SET status = 'waiting', attempts = 0, due_at = now(), error = NULL
WHERE status = 'dead' AND ($1::uuid[] IS NULL OR id = ANY($1)) RETURNING id
"""

# $1: as above, but whoever names one may mean one that waits: its channel may be gone.
REMOVE_UNSENT = """
DELETE FROM notification_messages
WHERE CASE WHEN $1::uuid[] IS NULL THEN status = 'dead' ELSE status <> 'sent' AND id = ANY($1) END RETURNING id
"""

# What admins see of the channels, and the tests that they ask for.

# In the order of their names: two notifiers that write them at once do not wait for each other in a circle.
ANNOUNCE_CHANNELS = """
INSERT INTO notification_channels (name, kind, filters, seen_at)
SELECT name, kind, filters::jsonb, now() FROM unnest($1::text[], $2::text[], $3::text[]) AS own (name, kind, filters)
ORDER BY name
ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, filters = excluded.filters, seen_at = excluded.seen_at
"""

# Those that no notifier has any more.
FORGET_CHANNELS = """
DELETE FROM notification_channels WHERE name <> ALL($1::text[]) AND seen_at < now() - interval '2 minutes'
"""

# $2: how long ago it may have been asked for.
CLAIM_TESTS = """
UPDATE notification_tests SET begun_at = now() WHERE id IN (
    SELECT id FROM notification_tests
    WHERE channel = ANY($1) AND begun_at IS NULL AND asked_at > now() - $2::interval
    ORDER BY id FOR UPDATE SKIP LOCKED)
RETURNING id, channel
"""

END_TEST = "UPDATE notification_tests SET ended_at = now(), kind = $2, reason = $3 WHERE id = $1"

FORGET_TESTS = "DELETE FROM notification_tests WHERE asked_at < now() - interval '30 days'"
