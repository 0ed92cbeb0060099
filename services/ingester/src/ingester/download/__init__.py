"""From a listing to staged rows: which files to fetch, within which bounds. It knows nothing of the bus."""
