-- What arcwatch adds: when and from where a row was ingested, versions, errors, syncs.
-- depends: 0001_existing_tables

-- migrate: apply

ALTER TABLE explanations
    ADD COLUMN IF NOT EXISTS ingested_at timestamptz,
    ADD COLUMN IF NOT EXISTS hf_dataset text,
    ADD COLUMN IF NOT EXISTS hf_revision text,
    ADD COLUMN IF NOT EXISTS hf_blob_oid text,
    ADD COLUMN IF NOT EXISTS run_id integer,
    ADD COLUMN IF NOT EXISTS removed_upstream_at timestamptz;  -- not part of the current version any more

UPDATE explanations SET ingested_at = created_at
WHERE prompt_template_id = 'external-huggingface' AND ingested_at IS NULL;

-- One row per (dataset, task, attempt number): the attempt number is part of model_name.
CREATE UNIQUE INDEX IF NOT EXISTS explanations_submission_key
    ON explanations (hf_dataset, model_name, puzzle_id) WHERE hf_dataset IS NOT NULL;

-- Rows that the existing app wrote are adopted by the first ingestion of their model; this finds them.
CREATE INDEX IF NOT EXISTS explanations_unclaimed
    ON explanations (model_name, puzzle_id)
    WHERE hf_dataset IS NULL AND prompt_template_id = 'external-huggingface';

-- status 'running' holds started_at in completed_at and 0 in duration_ms: the existing app forbids NULL there.
ALTER TABLE ingestion_runs
    ADD COLUMN IF NOT EXISTS status text NOT NULL DEFAULT 'completed'
        CHECK (status IN ('running', 'completed', 'partial', 'failed', 'skipped')),
    ADD COLUMN IF NOT EXISTS trigger text NOT NULL DEFAULT 'manual',
    ADD COLUMN IF NOT EXISTS auto_triggered boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS hf_dataset text,
    ADD COLUMN IF NOT EXISTS revision text,
    ADD COLUMN IF NOT EXISTS tree_oid text,
    ADD COLUMN IF NOT EXISTS score double precision,
    ADD COLUMN IF NOT EXISTS delivery_count integer,
    ADD COLUMN IF NOT EXISTS ingester text;

CREATE INDEX IF NOT EXISTS ingestion_runs_by_model ON ingestion_runs (hf_dataset, dataset_name, started_at DESC);
CREATE INDEX IF NOT EXISTS ingestion_runs_by_start ON ingestion_runs (started_at DESC, id DESC);

CREATE TABLE submission_versions (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hf_dataset          text NOT NULL,
    model               text NOT NULL,          -- the folder's name
    tree_oid            text NOT NULL,          -- git oid of the folder: the identity of its content
    revision            text NOT NULL,          -- commit sha whose listing was ingested
    source              text NOT NULL,          -- ARC1, ARC1-Eval, ARC2, ARC2-Eval, ...
    display_name        text NOT NULL,
    published_at        timestamptz,            -- date of the last commit that touched the folder
    ingested_at         timestamptz NOT NULL,
    superseded_at       timestamptz,            -- NULL: the current version
    removed_upstream_at timestamptz,            -- the folder vanished from a complete listing
    run_id              integer NOT NULL,
    status              text NOT NULL CHECK (status IN ('completed', 'partial')),
    tasks_total         integer NOT NULL,       -- tasks of the set
    tasks_submitted     integer NOT NULL,       -- tasks with a usable file
    tasks_solved        integer NOT NULL,       -- tasks solved whole
    pairs_total         integer NOT NULL,       -- test pairs of the set
    pairs_solved        integer NOT NULL,
    score               double precision NOT NULL,  -- fraction of 1, over tasks_total
    score_submitted     double precision,           -- fraction of 1, over tasks_submitted; NULL without any
    attempts            jsonb NOT NULL,         -- [{"model_name", "accuracy_percent", "pairs_correct", "pairs_submitted"}]
    total_cost          double precision,       -- USD
    total_tokens        bigint,
    total_time_ms       bigint,
    errors              integer NOT NULL,       -- files that could not be used
    UNIQUE (hf_dataset, model, tree_oid)
);

CREATE UNIQUE INDEX submission_versions_current
    ON submission_versions (hf_dataset, model) WHERE superseded_at IS NULL;

-- What each version says of each task: versions are compared through it, and the API lists tasks by result.
CREATE TABLE task_results (
    version_id   bigint NOT NULL REFERENCES submission_versions (id) ON DELETE CASCADE,
    puzzle_id    text NOT NULL,
    hf_blob_oid  text NOT NULL,
    pairs_total  smallint NOT NULL,
    pairs_solved smallint NOT NULL,
    PRIMARY KEY (version_id, puzzle_id)
);

CREATE TABLE ingestion_errors (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      integer NOT NULL,
    puzzle_id   text,                           -- the file's path in the model's folder where it names no task
    kind        text NOT NULL,
    message     text NOT NULL,
    fatal       boolean NOT NULL DEFAULT true,  -- false: the file was used, something in it was mended
    hf_blob_oid text                            -- carried on by later versions while the file stays the same
);

CREATE INDEX ingestion_errors_by_run ON ingestion_errors (run_id);

CREATE TABLE sync_runs (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scheduled_for    timestamptz UNIQUE,        -- NULL: not a tick of the schedule
    trigger          text NOT NULL,
    status           text NOT NULL CHECK (status IN ('running', 'completed', 'partial', 'failed')),
    started_at       timestamptz NOT NULL,
    completed_at     timestamptz,
    datasets         jsonb NOT NULL DEFAULT '[]',  -- one object per dataset: what its listing showed, or its error
    models_seen      integer NOT NULL DEFAULT 0,
    new_models_found integer NOT NULL DEFAULT 0,
    changed          integer NOT NULL DEFAULT 0,
    error            text
);

CREATE INDEX sync_runs_by_start ON sync_runs (started_at DESC);

-- Rows of files already fetched by an ingestion that is not committed yet: a later delivery goes on from here.
-- UNLOGGED: after a crash of PostgreSQL the files are only fetched again.
CREATE UNLOGGED TABLE staged_rows (
    hf_dataset                  text NOT NULL,
    model                       text NOT NULL,
    hf_blob_oid                 text NOT NULL,
    puzzle_id                   text NOT NULL,
    model_name                  text,           -- NULL: the file's own row, without an attempt
    pairs_total                 smallint,       -- NULL on a file's own row: the file could not be used
    pairs_solved                smallint,
    predicted_output_grid       jsonb,
    is_prediction_correct       boolean,
    has_multiple_predictions    boolean,
    multiple_predicted_outputs  jsonb,
    multi_test_results          jsonb,
    multi_test_all_correct      boolean,
    multi_test_average_accuracy double precision,
    num_test_pairs              integer,
    input_tokens                bigint,
    output_tokens               bigint,
    reasoning_tokens            bigint,
    total_tokens                bigint,
    estimated_cost              double precision,
    api_processing_time_ms      bigint,
    pattern_description         text,
    reasoning_log               text,
    provider_raw_response       jsonb,
    created_at                  timestamptz,
    notes                       jsonb           -- [{"kind", "message"}] of the file, on its own row: why, or what was mended
);

CREATE INDEX staged_rows_by_model ON staged_rows (hf_dataset, model, hf_blob_oid);

-- migrate: rollback
