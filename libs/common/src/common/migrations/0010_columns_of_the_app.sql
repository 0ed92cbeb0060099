-- The columns that the existing app has in the table of answers, and ours had not yet.
-- depends: 0009_findings_and_provenance

-- migrate: apply

-- Apart from the next migration, which takes its time: this lock keeps every reader out until its transaction ends.
ALTER TABLE explanations ADD COLUMN IF NOT EXISTS multi_test_prediction_grids jsonb;

-- What else the app's CREATE TABLE has, and its start does not add where the table is ours: so it runs on our database.
ALTER TABLE explanations
    ADD COLUMN IF NOT EXISTS alien_meaning text DEFAULT '',
    ADD COLUMN IF NOT EXISTS alien_meaning_confidence integer,
    ADD COLUMN IF NOT EXISTS saturn_images jsonb,
    ADD COLUMN IF NOT EXISTS saturn_log jsonb,
    ADD COLUMN IF NOT EXISTS saturn_events jsonb,
    ADD COLUMN IF NOT EXISTS saturn_success boolean,
    ADD COLUMN IF NOT EXISTS trustworthiness_score double precision,
    ADD COLUMN IF NOT EXISTS temperature double precision,
    ADD COLUMN IF NOT EXISTS reasoning_effort text,
    ADD COLUMN IF NOT EXISTS reasoning_verbosity text,
    ADD COLUMN IF NOT EXISTS reasoning_summary_type text;

-- migrate: rollback
