"""How commands talk to a deployment: its API, its bus, its dead letters. They know nothing of how it was started."""
