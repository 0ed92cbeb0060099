-- Runs and requests that admins cancel: the query API says so, and the ingester that has one ends it.
-- depends: 0017_dataset_pauses

-- migrate: apply

CREATE TABLE IF NOT EXISTS cancellations (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id     bigint,                   -- one of both
    request_id text,
    asked_by   text NOT NULL,
    asked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (num_nonnulls(run_id, request_id) = 1)
);

CREATE INDEX IF NOT EXISTS cancellations_run ON cancellations (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS cancellations_request ON cancellations (request_id) WHERE request_id IS NOT NULL;

-- migrate: rollback
