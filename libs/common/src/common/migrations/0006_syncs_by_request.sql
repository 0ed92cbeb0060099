-- A sync that a message asked for names the message: when that comes again, what has been synced for it is left out.
-- depends: 0002_submissions

-- migrate: apply

ALTER TABLE sync_runs ADD COLUMN IF NOT EXISTS request_key text;  -- place in the stream and time of the message

CREATE INDEX IF NOT EXISTS sync_runs_by_request ON sync_runs (request_key) WHERE request_key IS NOT NULL;

-- migrate: rollback
