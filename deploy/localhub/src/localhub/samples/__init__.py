"""Sample submissions by small solvers, which learn from training pairs alone. Knows nothing of how the Hub answers."""
