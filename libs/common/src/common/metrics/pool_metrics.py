"""How much of a database pool is in use, read at each scrape."""

import asyncpg
from prometheus_client import CollectorRegistry, Gauge


def register(pool: asyncpg.Pool, registry: CollectorRegistry) -> None:
    """Add the pool's gauges to a registry."""
    connections = Gauge(
        "arcwatch_database_pool_connections", "Open connections of the pool", ["state"], registry=registry
    )
    connections.labels("used").set_function(lambda: pool.get_size() - pool.get_idle_size())
    connections.labels("idle").set_function(pool.get_idle_size)
    limit = Gauge("arcwatch_database_pool_limit_connections", "Connections the pool may open", registry=registry)
    limit.set(pool.get_max_size())
