"""A Hub-compatible server over a folder of dataset repositories: for demos, tests and development."""

from arcwatch.hub.quota import Quota
from arcwatch.hub.run import HubStartError, run_hub
from arcwatch.hub.server import LocalHub

__all__ = ["HubStartError", "LocalHub", "Quota", "run_hub"]
