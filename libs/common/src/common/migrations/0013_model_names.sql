-- What admins say of the models behind folders, before all other sources (docs/names.md).
-- depends: 0012_landings

-- migrate: apply

-- Null: not said. The query API writes it, and nothing else.
CREATE TABLE IF NOT EXISTS model_names (
    folder       text PRIMARY KEY CHECK (octet_length(folder) BETWEEN 1 AND 255),
    display_name text,
    provider     text,
    family       text,
    effort       text,
    release_date date,
    kind         text CHECK (kind IN ('model', 'system', 'human_panel', 'baseline')),
    set_by       text NOT NULL,
    set_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- migrate: rollback
