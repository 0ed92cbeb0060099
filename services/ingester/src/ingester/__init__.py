"""Turns `model.discovered` into committed rows, then into `model.ingested`. The only writer of submission data."""
