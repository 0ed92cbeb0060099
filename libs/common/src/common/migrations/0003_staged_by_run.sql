-- Staged rows name their run: a dry run between two deliveries of another run leaves that one's rows alone.
-- depends: 0002_submissions

-- migrate: apply

-- NULL: an ingester from before this migration staged it. Nobody goes on with it; the model's next run drops it.
ALTER TABLE staged_rows ADD COLUMN IF NOT EXISTS run_id integer;

-- migrate: rollback
