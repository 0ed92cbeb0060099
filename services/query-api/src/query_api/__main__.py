"""`python -m query_api` runs the service."""

from common.process import service

from query_api.app import run
from query_api.settings import Settings

if __name__ == "__main__":
    service.main("query-api", Settings, run)
