"""The commands `backup`, `restore` and `rebuild`: options and output. They know nothing of how it is done."""
