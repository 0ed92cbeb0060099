"""The operator's channels: which there are, which news each takes. It knows nothing of the database or of sending."""
