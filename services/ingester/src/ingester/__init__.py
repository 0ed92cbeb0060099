"""Turns `model.discovered` into committed rows, then into `model.ingested`.

The only writer of submission data, but for the `removed_upstream_at` of versions, which the watcher writes, too.
"""
