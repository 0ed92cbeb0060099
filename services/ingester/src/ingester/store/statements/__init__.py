"""Every SQL statement of the ingester, one module per group of tables. It knows nothing of who runs them."""
