"""Metrics that several services show: of the bus, the Hub's quota and the database pool. They know no service."""
