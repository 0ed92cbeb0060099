"""Every check of `arcwatch doctor`. They change nothing, and know nothing of how findings are shown."""
