"""Folders as dataset repositories in real git: objects, commits, history. Knows nothing of requests."""
