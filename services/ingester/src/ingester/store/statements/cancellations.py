"""What admins cancel. The query API writes it."""

# Several requests may have joined in one event: it ends once nobody wants it any more.
CANCELLED_BY = """
SELECT coalesce((
    SELECT c.asked_by FROM cancellations c JOIN ingestion_runs r ON r.id = c.run_id
    WHERE r.hf_dataset = $1 AND r.dataset_name = $2 AND r.dry_run = $3 AND r.status = 'running'
        AND r.event_sequence IS NOT DISTINCT FROM $4
    LIMIT 1
), (
    SELECT max(asked_by) FROM cancellations WHERE request_id = ANY($5::text[])
    HAVING count(DISTINCT request_id) = cardinality($5::text[]) AND cardinality($5::text[]) > 0
))
"""
