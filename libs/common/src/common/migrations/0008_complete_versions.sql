-- Versions say whether they are complete, and a view says what ingestions came to: all that the watcher reads of ingesters.
-- depends: 0007_handed_back_events

-- migrate: apply

-- Complete: no file is missing for the Hub's fault, so the same content is not worth another ingestion.
ALTER TABLE submission_versions ADD COLUMN IF NOT EXISTS complete boolean;

-- A trigger, and no statement of the ingester: one from before this migration goes on writing versions, both new rows and
-- other runs of rows that are there, and what these say must be as true. An ingester writes a run's errors before its
-- version, in one transaction.
CREATE OR REPLACE FUNCTION submission_version_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.complete := NOT EXISTS (
        SELECT FROM ingestion_errors WHERE run_id = NEW.run_id AND kind IN ('integrity', 'unavailable')
    );
    RETURN NEW;
END;
$$;

CREATE OR REPLACE TRIGGER submission_versions_complete BEFORE INSERT OR UPDATE OF run_id ON submission_versions
    FOR EACH ROW EXECUTE FUNCTION submission_version_complete();

UPDATE submission_versions SET run_id = run_id;

ALTER TABLE submission_versions ALTER COLUMN complete SET NOT NULL;

-- One row for each run that was no dry run, by the content that it was for.
-- without_tasks: the folder holds no file of a task, so it is no submission, and not worth another look while its content
-- stays the same. A release that reads more layouts has to forget these runs.
CREATE OR REPLACE VIEW content_runs AS
SELECT hf_dataset, dataset_name AS model, tree_oid, status = 'running' AS running,
    status = 'skipped' AND total_puzzles = 0 AND skipped > 0 AS without_tasks
FROM ingestion_runs WHERE hf_dataset IS NOT NULL AND tree_oid IS NOT NULL AND dry_run IS NOT TRUE;

-- migrate: rollback
