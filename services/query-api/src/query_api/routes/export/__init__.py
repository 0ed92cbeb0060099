"""What is exported: columns, file formats, archives, and the routes that stream them. It knows nothing of the cache."""
