"""The deployment on one machine: NATS, PostgreSQL, processes, and what keeps them running."""
