"""One ingestion in the benchmark's own process, and what it is measured against. Knows nothing of what is printed."""
