"""`python -m watcher` runs the service."""

from common.process import service

from watcher.app import run
from watcher.settings import Settings

if __name__ == "__main__":
    service.main("watcher", Settings, run)
