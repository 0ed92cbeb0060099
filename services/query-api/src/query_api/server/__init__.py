"""HTTP machinery that knows no single route: parsing, cached responses, docs, static files, the application."""
