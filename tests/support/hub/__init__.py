"""A local Hub in a test's hands: how it fails, how slow it is, what it was asked. Knows nothing of the Hub's routes."""

from tests.support.hub.server import TestHub

__all__ = ["TestHub"]
