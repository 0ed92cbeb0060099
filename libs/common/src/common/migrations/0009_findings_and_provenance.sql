-- Where a figure comes from: rules, task set, file; what a verification said of it; and what it was under other rules.
-- depends: 0008_complete_versions

-- migrate: apply

-- Null: judged before rules had versions. See common/arc/rules.py.
ALTER TABLE ingestion_runs
    ADD COLUMN IF NOT EXISTS rules_version integer,
    ADD COLUMN IF NOT EXISTS task_set_version text;                 -- what was staged for it was judged by this edition

ALTER TABLE submission_versions
    ADD COLUMN IF NOT EXISTS rules_version integer,
    ADD COLUMN IF NOT EXISTS task_set_version text,                 -- which edition of the task set; null: not known
    ADD COLUMN IF NOT EXISTS warnings integer NOT NULL DEFAULT 0;   -- findings that were no errors of files

-- The file's path below the model's folder. One file may answer many tasks: they share its blob oid.
ALTER TABLE task_results ADD COLUMN IF NOT EXISTS hf_path text;

-- What the figures of a version were before `arcwatch rescore` replaced them.
CREATE TABLE IF NOT EXISTS version_scores (
    version_id       bigint NOT NULL REFERENCES submission_versions (id) ON DELETE CASCADE,
    rules_version    integer,
    task_set_version text,
    tasks_total      integer NOT NULL,
    tasks_submitted  integer NOT NULL,
    tasks_solved     integer NOT NULL,
    pairs_total      integer NOT NULL,
    pairs_solved     integer NOT NULL,
    score            double precision NOT NULL,
    score_submitted  double precision,
    replaced_at      timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS version_scores_by_version ON version_scores (version_id);

-- One row for each verification: the newest of a version and of what it was compared with counts.
CREATE TABLE IF NOT EXISTS verifications (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id    bigint NOT NULL REFERENCES submission_versions (id) ON DELETE CASCADE,
    compared_with text NOT NULL CHECK (compared_with IN ('hub', 'rows')),
    verified_at   timestamptz NOT NULL,
    verdict       text NOT NULL CHECK (verdict IN ('verified', 'explained', 'differs', 'impossible')),
    figures       integer NOT NULL,         -- how many were compared
    disagreements jsonb NOT NULL            -- [{"name", "figure", "ours", "theirs", "message"}]
);

CREATE INDEX IF NOT EXISTS verifications_by_version ON verifications (version_id, compared_with, verified_at DESC);

-- Folders that an ingester of before this release found no task file in are looked into again: more layouts are read now.
CREATE OR REPLACE VIEW content_runs AS
SELECT hf_dataset, dataset_name AS model, tree_oid, status = 'running' AS running,
    status = 'skipped' AND total_puzzles = 0 AND skipped > 0 AND coalesce(rules_version, 0) >= 2 AS without_tasks
FROM ingestion_runs WHERE hf_dataset IS NOT NULL AND tree_oid IS NOT NULL AND dry_run IS NOT TRUE;

-- The same for submissions of which more than a report was left out.
UPDATE submission_versions v SET complete = false FROM ingestion_runs r
WHERE r.id = v.run_id AND v.superseded_at IS NULL AND r.skipped > 1;

-- migrate: rollback
