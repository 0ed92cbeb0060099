"""Connections to PostgreSQL: URLs, pools, waiting, migrations. It knows nothing of a service's statements."""
