"""Owns the operators' routes: dead letters, the audit log, pauses, cancelling. Knows nothing of HTTP's machinery."""
