"""What other places show of the latest models: the feed, the badge. It knows no database."""
