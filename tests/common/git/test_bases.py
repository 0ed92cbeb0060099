"""What a delta builds on is made again from what came, however deep it lies."""

import zlib

import pytest
from common.git import bases
from common.git.bases import Bases
from common.git.pack_stream import Inflated

from tests.support.packs import copied, delta, inserted

DEPTH = 5_000


def change_to(size: int) -> bytes:
    """Return the delta that makes an object one longer than its base."""
    return delta(size - 1, size, *([copied(0, size - 1)] if size > 1 else []), inserted(b"x"))


def chain(work: int) -> Bases:
    """Return an object and deltas of one another, each one letter longer."""
    held = Bases(work)
    held.put(0, None, Inflated(b"", zlib.compress(b"")), b"")
    for number in range(1, DEPTH):
        change = change_to(number)
        held.put(number, number - 1, Inflated(change, zlib.compress(change)), b"x" * number)
    return held


def test_a_chain_of_any_depth_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases, "WHOLE_BYTES", 0)
    assert chain(work=2 * DEPTH**2).get(DEPTH - 1) == b"x" * (DEPTH - 1)


def test_what_would_take_more_work_than_is_left_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases, "WHOLE_BYTES", 0)
    assert chain(work=DEPTH).get(DEPTH - 1) is None


def test_what_was_made_again_is_at_hand_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases, "WHOLE_BYTES", DEPTH)
    links = range(1, 51)
    held = chain(work=sum(len(change_to(link)) + link for link in links))
    assert [held.get(50), held.get(50)] == [b"x" * 50] * 2
    assert held.get(51) is None


def test_what_is_at_hand_takes_no_work() -> None:
    assert chain(work=0).get(DEPTH - 1) == b"x" * (DEPTH - 1)
