-- Datasets of which nothing is ingested by itself for a while: admins say so (docs/operating.md).
-- depends: 0016_admin_actions

-- migrate: apply

-- The query API writes it, and the watcher reads it. One that is over stays, and says nothing.
CREATE TABLE IF NOT EXISTS dataset_pauses (
    dataset   text PRIMARY KEY,
    paused_by text NOT NULL,
    paused_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason    text,
    until     timestamptz                -- null: until it is resumed
);

-- migrate: rollback
