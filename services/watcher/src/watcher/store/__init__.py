"""What the watcher reads and writes in the database. It owns `sync_runs`, and knows nothing of the Hub or the bus."""
