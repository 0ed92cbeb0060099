"""The query API: the cached view of what was ingested, over HTTP."""
