-- The two tables that the existing app already owns, as it made them. Where they exist, this changes nothing.
-- depends:

-- migrate: apply

CREATE TABLE IF NOT EXISTS explanations (
    id                             serial PRIMARY KEY,
    puzzle_id                      varchar(255) NOT NULL,
    pattern_description            text NOT NULL,
    solving_strategy               text NOT NULL,
    hints                          text[] DEFAULT '{}',
    confidence                     integer DEFAULT 50,
    model_name                     text DEFAULT 'unknown',
    reasoning_log                  text,
    has_reasoning_log              boolean DEFAULT false,
    provider_raw_response          jsonb,
    api_processing_time_ms         bigint,
    predicted_output_grid          jsonb,
    is_prediction_correct          boolean,
    input_tokens                   bigint,
    output_tokens                  bigint,
    reasoning_tokens               bigint,
    total_tokens                   bigint,
    estimated_cost                 double precision,
    has_multiple_predictions       boolean,
    multiple_predicted_outputs     jsonb,
    multi_test_results             jsonb,
    multi_test_all_correct         boolean,
    multi_test_average_accuracy    double precision,
    num_test_pairs                 integer,
    prompt_template_id             varchar(50),
    created_at                     timestamptz DEFAULT now()
);

CREATE TABLE IF NOT EXISTS ingestion_runs (
    id               serial PRIMARY KEY,
    dataset_name     text NOT NULL,
    base_url         text NOT NULL,
    source           varchar(50),
    total_puzzles    integer NOT NULL,
    successful       integer NOT NULL DEFAULT 0,
    failed           integer NOT NULL DEFAULT 0,
    skipped          integer NOT NULL DEFAULT 0,
    duration_ms      integer NOT NULL,
    accuracy_percent numeric(5, 2),
    dry_run          boolean DEFAULT false,
    started_at       timestamptz NOT NULL,
    completed_at     timestamptz NOT NULL,
    error_log        text,
    created_at       timestamptz DEFAULT now()
);

-- migrate: rollback
