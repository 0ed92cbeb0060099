-- Requests for a model that another ingester is at: they wait here, not as deliveries that fail.
-- depends: 0003_staged_by_run

-- migrate: apply

-- One row per model, and one for its dry runs, however many ask.
CREATE TABLE IF NOT EXISTS waiting_requests (
    hf_dataset text NOT NULL,
    model text NOT NULL,
    dry_run boolean NOT NULL,
    -- A new one with each request that joins: what is done by then is told from what came later.
    id text NOT NULL UNIQUE,
    -- The model whose lock was held: this one, or the one it was renamed from.
    behind text NOT NULL,
    force boolean NOT NULL,
    trigger text NOT NULL,
    requested_by text,
    revision text,
    tree_oid text,
    published_at timestamptz,
    -- When it was published as an event again; NULL while nobody did.
    handed_back_at timestamptz,
    PRIMARY KEY (hf_dataset, model, dry_run)
);

-- migrate: rollback
