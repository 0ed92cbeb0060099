"""The deployment on one machine: NATS, PostgreSQL, processes, what keeps them up. It knows no command and no check."""
