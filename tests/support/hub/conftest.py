"""Fixtures of the tests of the Hub's faults: those of the local Hub's tests."""

from tests.localhub.conftest import api, hub, web

__all__ = ["api", "hub", "web"]
