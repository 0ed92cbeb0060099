"""How commands talk to a deployment: its API, its bus, its dead letters. They do not know how it was started."""
