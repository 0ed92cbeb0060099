"""What a delta builds on is made again from what came, however deep it lies."""

import zlib

import pytest
from common.git import bases
from common.git.bases import Bases
from common.git.pack_stream import Inflated

from tests.support.packs import copied, delta, inserted

DEPTH = 5_000


def chain(work: int) -> Bases:
    """Return an object and deltas of one another, each with the next letter at its end."""
    held = Bases(work)
    held.put(0, None, Inflated(b"", zlib.compress(b"")), b"")
    for number in range(1, DEPTH):
        change = delta(number - 1, number, *([copied(0, number - 1)] if number > 1 else []), inserted(b"x"))
        held.put(number, number - 1, Inflated(change, zlib.compress(change)), b"x" * number)
    return held


def test_a_chain_of_any_depth_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases, "WHOLE_BYTES", 0)
    assert chain(work=2 * DEPTH**2).get(DEPTH - 1) == b"x" * (DEPTH - 1)


def test_what_would_take_more_work_than_is_left_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases, "WHOLE_BYTES", 0)
    assert chain(work=DEPTH).get(DEPTH - 1) is None


def test_what_is_at_hand_takes_no_work() -> None:
    assert chain(work=0).get(DEPTH - 1) == b"x" * (DEPTH - 1)
