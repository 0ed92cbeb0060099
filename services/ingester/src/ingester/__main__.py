"""`python -m ingester` runs the service."""

from common.process import service

from ingester.app import run
from ingester.settings import Settings

if __name__ == "__main__":
    service.main("ingester", Settings, run)
