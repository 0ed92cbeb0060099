"""One event's way: its turn at the model's lock, its target on the Hub, the commit, the report. Knows no deliveries."""
