-- Versions say when and as what their answers came, and which other tree oid holds the very same files of tasks.
-- depends: 0011_request_ids

-- migrate: apply

ALTER TABLE submission_versions
    -- When its answers were committed here: ingested_at of this version, or of an earlier one that had the same answers.
    ADD COLUMN IF NOT EXISTS landed_at timestamptz,
    ADD COLUMN IF NOT EXISTS landed_as text,        -- model@tree_oid of then: what the feed's ids are made of
    -- The folder's tree oid now, where only files that answer no task have changed since; null: tree_oid.
    ADD COLUMN IF NOT EXISTS listed_tree_oid text,
    ADD COLUMN IF NOT EXISTS listed_revision text;  -- the commit at which it was listed

-- Of the versions that are there: one without a predecessor, or with other files of tasks than it, is a landing. Whether
-- the answers in those files differ is not known any more.
WITH answers AS (
    SELECT v.id, v.hf_dataset, v.model, v.tree_oid, v.ingested_at, v.published_at, (
            SELECT string_agg(puzzle_id || ' ' || hf_blob_oid, ',' ORDER BY puzzle_id) FROM task_results
            WHERE version_id = v.id
        ) AS files
    FROM submission_versions v
), compared AS (
    SELECT *, row_number() OVER history = 1 OR files IS DISTINCT FROM lag(files) OVER history AS lands
    FROM answers WINDOW history AS (PARTITION BY hf_dataset, model ORDER BY ingested_at, id)
), numbered AS (
    SELECT *, count(*) FILTER (WHERE lands) OVER (PARTITION BY hf_dataset, model ORDER BY ingested_at, id) AS landing
    FROM compared
), landed AS (
    SELECT id, first_value(ingested_at) OVER since AS at, first_value(model || '@' || tree_oid) OVER since AS landed_as,
        first_value(published_at) OVER since AS published_at
    FROM numbered WINDOW since AS (PARTITION BY hf_dataset, model, landing ORDER BY ingested_at, id)
)
UPDATE submission_versions v SET landed_at = landed.at, landed_as = landed.landed_as,
    published_at = coalesce(landed.published_at, v.published_at)
FROM landed WHERE landed.id = v.id AND v.landed_at IS NULL;

-- An ingester from before this migration goes on writing versions, and does not say what they are: new ones are landings.
CREATE OR REPLACE FUNCTION submission_version_landing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.landed_at := coalesce(NEW.landed_at, NEW.ingested_at);
    NEW.landed_as := coalesce(NEW.landed_as, NEW.model || '@' || NEW.tree_oid);
    RETURN NEW;
END;
$$;

CREATE OR REPLACE TRIGGER submission_versions_landing BEFORE INSERT ON submission_versions
    FOR EACH ROW EXECUTE FUNCTION submission_version_landing();

ALTER TABLE submission_versions ALTER COLUMN landed_at SET NOT NULL, ALTER COLUMN landed_as SET NOT NULL;

-- migrate: rollback
