"""NATS: connecting, publishing, delivery, the topology. It knows nothing of the Hub or the database's tables."""
