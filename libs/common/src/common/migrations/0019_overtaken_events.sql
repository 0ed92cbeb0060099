-- Manual events that an ingester did ahead of their turn: when the durable delivers them, they are only acked.
-- depends: 0018_cancellations

-- migrate: apply

CREATE TABLE IF NOT EXISTS overtaken_events (
    event_sequence bigint NOT NULL,
    stored_at      timestamptz NOT NULL,  -- when the stream stored it: a stream that is made anew counts from 1 again
    done_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (event_sequence, stored_at)
);

-- migrate: rollback
