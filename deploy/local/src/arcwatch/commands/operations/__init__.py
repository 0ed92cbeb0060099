"""Owns the operators' commands on dead letters, the audit log and datasets; knows nothing of how servers start."""
