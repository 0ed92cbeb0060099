"""What a service process is made of: settings, logs, start and stop, ops port, traces. It knows no event or table."""
