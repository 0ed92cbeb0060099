"""The Hub: listings, verified downloads, its quota. It knows nothing of NATS or the database."""
