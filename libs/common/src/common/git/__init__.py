"""Git's formats: object names, trees, packs, deltas, pkt-lines. It knows nothing of HTTP, the Hub or files."""
