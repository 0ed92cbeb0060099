"""Compares the Hub with the database and publishes `model.discovered` for every difference."""
