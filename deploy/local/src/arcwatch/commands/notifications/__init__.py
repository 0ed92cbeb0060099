"""The commands `notify ...`: options and output. They know nothing of how messages are made and sent."""
