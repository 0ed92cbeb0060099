"""From a file's bytes to rows and scores. Pure: it knows no Hub, no database and no bus."""
