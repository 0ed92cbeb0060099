-- Requests are followed by their ids: runs and waiting requests name those that they are for.
-- depends: 0010_rows_as_the_app_reads_them

-- migrate: apply

-- NULL: for no request that has an id.
ALTER TABLE ingestion_runs ADD COLUMN IF NOT EXISTS request_ids text[];
ALTER TABLE waiting_requests ADD COLUMN IF NOT EXISTS request_ids text[] NOT NULL DEFAULT '{}';

CREATE INDEX IF NOT EXISTS ingestion_runs_by_request ON ingestion_runs USING gin (request_ids)
    WHERE request_ids IS NOT NULL;

-- migrate: rollback
