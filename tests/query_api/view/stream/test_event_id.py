"""An id names its stream and its place there; what is no id is a place that no stream has."""

from datetime import UTC, datetime, timedelta

import pytest
from query_api.view.stream.event_id import NOWHERE, EventId, stream_number

MADE = datetime(2026, 11, 27, 12, 0, 0, 123456, tzinfo=UTC)


def test_an_id_comes_back_as_it_was_sent() -> None:
    sent = EventId(stream_number(MADE), 42)
    assert str(sent) == "1795780800123456-42"
    assert EventId.parse(str(sent)) == sent


def test_streams_of_one_second_are_told_apart() -> None:
    assert EventId(stream_number(MADE), 1) != EventId(stream_number(MADE + timedelta(microseconds=1)), 1)


def test_a_bare_number_is_a_place_on_whatever_stream_there_is() -> None:
    assert EventId.parse("42") == EventId(None, 42)


@pytest.mark.parametrize("text", ["", "no-number", "-1", "1-", "1--2", "1.0", "٣", "1" * 20, "1-" + "1" * 20, "1-2 "])
def test_what_is_no_id_is_nowhere(text: str) -> None:
    assert EventId.parse(text) == NOWHERE
    assert NOWHERE.stream not in {None, EventId(stream_number(MADE), 1).stream, EventId(stream_number(None), 1).stream}


def test_a_stream_of_which_the_server_says_no_instant_is_0() -> None:
    assert str(EventId(stream_number(None), 7)) == "0-7"
