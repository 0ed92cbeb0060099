-- A waiting request that was handed back names its event: once that is settled, the request is forgotten.
-- depends: 0005_waiting_requests

-- migrate: apply

ALTER TABLE waiting_requests
    ADD COLUMN IF NOT EXISTS event_sequence bigint,  -- the event's place on the stream
    -- The id the event was published for. An ingester from before may join another request, and clears neither column.
    ADD COLUMN IF NOT EXISTS event_for text;

-- migrate: rollback
