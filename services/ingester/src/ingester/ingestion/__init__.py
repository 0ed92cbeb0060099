"""One event's way: its turn at the lock, its target, the commit, the report; and rescores. It knows no NATS message."""
