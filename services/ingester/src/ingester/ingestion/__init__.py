"""One event's way: its turn at the lock, its target, the commit, the report. Acks nothing: it knows no NATS message."""
