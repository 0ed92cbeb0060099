"""What commands share: options, calls, what they print and ask; it knows nothing of what a command is about."""
