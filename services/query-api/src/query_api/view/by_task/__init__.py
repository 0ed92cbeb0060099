"""What each submission makes of each task, side by side: in memory, and as answers. It knows no database."""
