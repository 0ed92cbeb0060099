"""A Hub-compatible server over a folder of dataset repositories: for demos, tests and development."""

from localhub.run import HubStartError, run_hub
from localhub.server import LocalHub

__all__ = ["HubStartError", "LocalHub", "run_hub"]
