"""All SQL of the ingester, as functions over one locked model, or over all. It knows nothing of the Hub or the bus."""
