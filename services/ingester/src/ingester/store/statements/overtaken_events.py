"""Manual events that were done before the durable delivered them."""

# Advisory locks of models are hashes of dataset@model: this is none.
_KEY = "hashtextextended('event of the stream ' || $1::bigint, 0)"

TRY_LOCK_EVENT = f"SELECT pg_try_advisory_lock({_KEY})"
# Given back with the statement.
TRY_EVENT = f"SELECT pg_try_advisory_xact_lock({_KEY})"

# One instant is the server's to the nanosecond, the other was read as a float.
IS_DONE_AHEAD = """
SELECT EXISTS (
    SELECT FROM overtaken_events
    WHERE event_sequence = $1 AND stored_at BETWEEN $2::timestamptz - interval '1 ms' AND $2 + interval '1 ms')
"""

# The stream keeps events for 30 days.
MARK_DONE_AHEAD = """
WITH old AS (DELETE FROM overtaken_events WHERE done_at < now() - interval '40 days')
INSERT INTO overtaken_events (event_sequence, stored_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING event_sequence
"""
