"""Owns the shapes of what operators see and do: dead letters, admins' actions, pauses. Knows nothing of the bus."""
