"""What the Hub answers over HTTP, who may ask, and its webhooks. Knows nothing of the samples."""
