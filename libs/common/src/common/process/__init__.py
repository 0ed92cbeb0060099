"""What each service process is made of: settings, logs, its start and stop, ops port, traces. No domain."""
