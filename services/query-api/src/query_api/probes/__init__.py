"""Who is at work, whether the Hub is there, and whether this replica is ready. They know no route and no view."""
