-- Rows of answers get the form in which the existing app reads them: keys, grids, no confidence, when they were written.
-- depends: 0009_findings_and_provenance

-- migrate: apply

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

-- Staged rows have the form of before; they are fetched again. The check turns an ingester of before this migration
-- away at its first file: its delivery comes to one that writes the new form.
DELETE FROM staged_rows;
ALTER TABLE staged_rows
    ADD COLUMN IF NOT EXISTS multi_test_prediction_grids jsonb,
    ADD CONSTRAINT staged_rows_form CHECK (model_name IS NULL OR multi_test_prediction_grids IS NOT NULL);

-- The answer where it is a list of rows of integers, else null.
CREATE FUNCTION arcwatch_grid(answer jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
SELECT CASE
    WHEN jsonb_typeof(answer) <> 'array' OR answer = '[]' THEN NULL
    WHEN jsonb_path_exists(answer, 'strict $[*] ? (@.type() != "array")', '{}', true) THEN NULL
    WHEN jsonb_path_exists(answer, 'strict $[*][*] ? (@.type() != "number" || @ != @.floor())', '{}', true) THEN NULL
    ELSE answer END
$$;

CREATE FUNCTION arcwatch_results(results jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
SELECT jsonb_agg(jsonb_build_object('index', coalesce(r.value->'index', to_jsonb(r.place - 1)),
    'predictedGrid', arcwatch_grid(r.value->'predicted'), 'isPredictionCorrect', r.value->'correct' = 'true',
    'expectedDimensions', r.value->'expectedDimensions') ORDER BY r.place)
FROM jsonb_array_elements(results) WITH ORDINALITY AS r (value, place)
$$;

CREATE FUNCTION arcwatch_grids(answers jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
SELECT coalesce(jsonb_agg(coalesce(arcwatch_grid(a.value), '[[]]') ORDER BY a.place), '[]')
FROM jsonb_array_elements(answers) WITH ORDINALITY AS a (value, place)
$$;

-- Of what left upstream nothing counts, here or there: what came stays in provider_raw_response.
UPDATE explanations SET confidence = NULL, created_at = coalesce(ingested_at, created_at),
    predicted_output_grid = NULL, is_prediction_correct = NULL, multiple_predicted_outputs = NULL,
    multi_test_prediction_grids = NULL, multi_test_results = NULL, multi_test_all_correct = NULL,
    multi_test_average_accuracy = NULL, input_tokens = NULL, output_tokens = NULL, reasoning_tokens = NULL,
    total_tokens = NULL, estimated_cost = NULL, api_processing_time_ms = NULL
WHERE hf_dataset IS NOT NULL AND removed_upstream_at IS NOT NULL;

-- An answer to a task with one test that is no grid. It comes before the next one, which goes over all of them.
UPDATE explanations SET predicted_output_grid = NULL, multiple_predicted_outputs =
    CASE WHEN predicted_output_grid <> 'null' THEN jsonb_build_array(predicted_output_grid) END
WHERE hf_dataset IS NOT NULL AND removed_upstream_at IS NULL AND has_multiple_predictions IS NOT TRUE
    AND predicted_output_grid IS NOT NULL AND arcwatch_grid(predicted_output_grid) IS NULL;

-- confidence: nothing says it, and the column's default is 50. created_at: the app takes a task's newest row.
UPDATE explanations SET confidence = NULL, created_at = coalesce(ingested_at, created_at),
    pattern_description = coalesce(nullif(pattern_description, ''),
        'The answer was given by ' || regexp_replace(model_name, '-attempt[0-9]+$', '') || '.'),
    multi_test_prediction_grids = CASE WHEN has_multiple_predictions
        THEN arcwatch_grids(multiple_predicted_outputs) ELSE '[]' END,
    multi_test_results = CASE WHEN has_multiple_predictions THEN arcwatch_results(multi_test_results)
        ELSE jsonb_build_array(jsonb_build_object('index', 0, 'predictedGrid', predicted_output_grid,
            'isPredictionCorrect', coalesce(is_prediction_correct, false))) END
WHERE hf_dataset IS NOT NULL AND removed_upstream_at IS NULL;

DROP FUNCTION arcwatch_results, arcwatch_grids, arcwatch_grid;

-- migrate: rollback
