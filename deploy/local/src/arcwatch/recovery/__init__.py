"""Backups, restoring them, and what the Hub alone brings back. It knows nothing of how that is asked for and shown."""
