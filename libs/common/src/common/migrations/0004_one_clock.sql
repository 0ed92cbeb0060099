-- Runs name their event, so that nobody compares NATS' clock with PostgreSQL's; rows of hosts with other clocks are mended.
-- depends: 0003_staged_by_run

-- migrate: apply

-- The stream sequence of the event that the run is for. NULL: an ingester from before this migration began it.
ALTER TABLE ingestion_runs ADD COLUMN IF NOT EXISTS event_sequence bigint;

-- Ends used to be told by the ingester's clock, beginnings by the database's. The existing app's own runs stay as they are.
UPDATE ingestion_runs SET duration_ms = greatest(duration_ms, 0), completed_at = greatest(completed_at, started_at)
WHERE hf_dataset IS NOT NULL AND (duration_ms < 0 OR completed_at < started_at);

UPDATE sync_runs SET completed_at = started_at WHERE completed_at < started_at;

-- An ingester whose clock was ahead: its models would be the latest until the database's clock gets there.
UPDATE submission_versions SET ingested_at = now() WHERE ingested_at > now();
UPDATE explanations SET ingested_at = now() WHERE ingested_at > now() AND hf_dataset IS NOT NULL;

-- migrate: rollback
