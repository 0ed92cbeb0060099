"""`python -m notifier` runs the service."""

from common.process import service

from notifier.app import run
from notifier.settings import Settings

if __name__ == "__main__":
    service.main("notifier", Settings, run)
