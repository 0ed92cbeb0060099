"""The committed description of the bus is what the code says."""

import json
from pathlib import Path

from common import events
from common.bus import asyncapi, topology

COMMITTED = Path(__file__).parents[3] / "docs" / "asyncapi.json"


def test_the_committed_document_has_not_drifted() -> None:
    """`make docs` brings it up to date."""
    assert json.loads(COMMITTED.read_text()) == asyncapi.document()


def test_every_event_and_every_durable_is_in_it() -> None:
    addresses = {channel["address"] for channel in asyncapi.document()["channels"].values()}
    assert {subject for event in events.Event.__subclasses__() for subject in event.subjects()} <= addresses
    assert {durable.subject for durable in topology.DURABLES} <= addresses
