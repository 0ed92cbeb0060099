"""Every check of `arcwatch doctor`. They change nothing."""
