"""A benchmark's submissions have the size of real ones and compress like them: figures must flatter no transport."""

import statistics

import pytest

from tests.bench.hub.submissions import LEAST_BYTES, MEDIAN_BYTES, MOST_BYTES, compression, files
from tests.support.submissions import V2

pytestmark = pytest.mark.one_python


def test_files_have_the_sizes_of_real_ones() -> None:
    sizes = [len(body) for _, body in files(V2, "m")]
    assert len(sizes) == 120
    assert min(sizes) >= LEAST_BYTES
    assert max(sizes) <= MOST_BYTES
    assert MEDIAN_BYTES * 0.8 < statistics.median(sizes) < MEDIAN_BYTES * 1.2


def test_they_compress_as_reasoning_does() -> None:
    bodies = [body for _, body in files(V2, "m")]
    assert 3 < compression(bodies) < 5


def test_every_run_has_the_same_bytes_and_every_model_others() -> None:
    once, again, other = (dict(files(V2, model)) for model in ("m", "m", "n"))
    assert once == again
    assert not set(once.values()) & set(other.values())
