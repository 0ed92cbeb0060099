"""The commands for who works with the servers by hand: NATS and the database. They know nothing of the services."""
