"""A file is refused before it takes more memory than one file may; the estimate reads its bytes alone."""

import json
import re
import tracemalloc

import pytest
from common.error_kinds import ErrorKind
from ingester.app import limits_of
from ingester.settings import Settings
from ingester.submission.limits import MEBIBYTE, Limits, estimate_memory
from ingester.submission.transform import transform

from tests.ingester.samples import TWO, refused, used

SIZE = 3 * MEBIBYTE // 2
NO_END = 2**63
COLUMNS = {"total_tokens": ("bigint", None), "api_processing_time_ms": ("integer", None)}


def holding(answer: bytes = b"[[1]]", words: bytes = b'""') -> bytes:
    return b'[{"attempt_1":{"answer":%s,"metadata":{"reasoning_summary":%s}}}]' % (answer, words)


def repeated(piece: bytes) -> bytes:
    return piece * (SIZE // len(piece))


# One kind of value each: what CPython needs for a byte of it differs by a factor of thirty.
KINDS = {
    "plain words": holding(words=b'"%s"' % repeated(b"x, y [z] ")),
    "arrows": holding(words=b'"%s"' % repeated("→ x y z ".encode())),
    "emoji": holding(words=b'"%s"' % repeated("😀 x y z ".encode())),
    "escaped arrow": holding(words=b'"\\u2192%s"' % repeated(b"x, y [z] ")),
    "escaped emoji": holding(words=b'"\\ud83d\\ude00%s"' % repeated(b"x, y [z] ")),
    "escaped emoji in an answer": b'[{"attempt_1":{"answer":"\\ud83d\\ude00%s"}}]' % repeated(b"x, y [z] "),
    "escaped quotes": holding(words=b'"%s"' % repeated(b'\\"a\\\\')),
    "empty lists": b"[%s{}]" % repeated(b"[],"),
    "lists in an answer": holding(answer=b"[%s[]]" % repeated(b"[],")),
    "nested lists": b"[%s{}]" % repeated(b"[[[]]],"),
    "pairs of a bare grid": b"[%s{}]" % repeated(b'{"attempt_1":[[1]]},'),
    "pairs of a number": b"[%s{}]" % repeated(b'{"attempt_1":1},'),
    "attempts": b"[%s]" % b",".join([b"{%s}" % b",".join(b'"attempt_%d":[]' % number for number in range(9999))] * 9),
    "objects": b"[%s{}]" % repeated(b'{"a":1},'),
    "empty objects": b"[%s{}]" % repeated(b"{},"),
    "short strings": holding(answer=b'[%s""]' % repeated(b'"ab",')),
    "integers": holding(answer=b"[[%s1]]" % repeated(b"999,")),
    "cells": holding(answer=b"[[%s1]]" % repeated(b"1,")),
    "floats": holding(answer=b"[[%s1]]" % repeated(b"1.5,")),
    "one key": b'[{%s"a":1}]' % repeated(b'"a":1,'),
    "other keys": b'[{%s"a":1}]' % b"".join(b'"%d":1,' % number for number in range(SIZE // 10)),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_no_file_takes_more_memory_than_estimated(kind: str) -> None:
    data = KINDS[kind]
    tracemalloc.start()
    try:
        assert transform(data, TWO, "m", Limits(max_memory=NO_END))[0].pairs_total == 2
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < estimate_memory(data, NO_END)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_beyond_the_limit_is_refused_and_says_what_to_do(kind: str) -> None:
    problem = refused(KINDS[kind], TWO, Limits(max_memory=SIZE))
    assert problem.kind is ErrorKind.TOO_COMPLEX
    assert re.match(r"reading it would take about \d+ MiB .*INGEST_MAX_FILE_BYTES", problem.message)


@pytest.mark.parametrize(("most", "text"), [(2**20, "take 1;"), (2**20 - 1, "take 0;"), (5 * 2**20, "take 5;")])
def test_a_refusal_tells_mebibytes(most: int, text: str) -> None:
    assert text in refused(b"[%s{}]" % repeated(b"[],"), TWO, Limits(max_memory=most)).message


def test_the_largest_file_of_plain_words_fits_and_the_default_is_that_of_the_settings() -> None:
    assert limits_of(COLUMNS, Settings()) == Limits()
    assert limits_of(COLUMNS, Settings(ingest_max_file_bytes=20_000_000)).max_memory == 6 * 20_000_000
    largest = holding(words=b'"%s"' % repeated(b"x, y [z] "))
    assert used(largest, TWO, Limits(max_memory=6 * len(largest)))


@pytest.mark.parametrize(
    ("value", "size"), [(b"[", 80), (b"{", 80), (b":", 100), (b",", 64), (b'""', 40), (b'"attempt_"', 2040), (b"1", 0)]
)
def test_each_value_is_estimated_at_what_it_was_measured_to_take(value: bytes, size: int) -> None:
    data = value * 1000 + b" " * SIZE
    roughly = estimate_memory(data, NO_END)
    assert roughly == estimate_memory(data, roughly - 1) == 5 * len(data) + 1000 * size


@pytest.mark.parametrize(
    ("character", "width"),
    [("x", 1), (r"\u00e9", 1), ("é", 2), ("→", 2), (r"\u2192", 2), ("😀", 4), (r"\ud83d\ude00", 4)],
)
def test_the_widest_character_tells_how_much_all_take(character: str, width: int) -> None:
    data = f" {character}".encode() + b" " * SIZE
    assert estimate_memory(data, NO_END) == (4 * width + 1) * len(data)


def test_values_count_from_a_mebibyte_on_and_nearly_all_files_are_not_even_looked_at() -> None:
    assert estimate_memory(b"[" * (2**20 - 1), 2**20) == 5 * (2**20 - 1)
    assert estimate_memory(b"[" * 2**20, 2**20) == 85 * 2**20
    at_most = 9000 * 17 + 1000 * 2000  # as if it were nothing but attempts and wide characters
    assert estimate_memory(b" " * 9000, at_most) == at_most
    assert estimate_memory(b" " * 9000, at_most - 1) == 5 * 9000


def test_what_is_too_long_or_fits_for_certain_is_not_gone_through_word_by_word() -> None:
    data = holding(words=b'"%s"' % repeated(b"[,"))
    assert (
        estimate_memory(data, 6 * len(data))
        < 6 * len(data)
        < estimate_memory(data, 4 * len(data))
        == estimate_memory(data, NO_END)
    )


def test_a_file_that_takes_just_what_one_may_take_is_read() -> None:
    data = holding()
    weight = estimate_memory(data, NO_END)
    assert used(data, TWO, Limits(max_memory=weight))


def test_brackets_and_commas_in_words_are_words() -> None:
    grids = json.dumps("[[0, 0], [1, 1]] " * (SIZE // 17))
    quoted = json.dumps('"[[0, 0]]\\' * (SIZE // 10))
    for words in (grids, quoted):
        data = holding(words=words.encode())
        assert estimate_memory(data, 6 * len(data)) < 5 * len(data) + 4_000


def test_no_limit_on_a_files_size_refuses_a_small_file_for_one_wide_character() -> None:
    limits = limits_of(COLUMNS, Settings(ingest_max_file_bytes=MEBIBYTE))
    data = holding(words=b'"\\ud83d\\ude00%s"' % (b"x, y [z] " * (900 * 1024 // 9)))
    assert used(data, TWO, limits)


@pytest.mark.parametrize("piece", ["😀".encode(), b'"attempt_', b"[", b"a"])
def test_a_light_file_that_is_not_looked_at_is_estimated_at_no_less_than_one_that_is(piece: bytes) -> None:
    data = piece * 1000
    looked_at = estimate_memory(data, len(data))
    assert len(data) < looked_at <= estimate_memory(data, NO_END)


def test_counting_values_ends_at_the_limit() -> None:
    data = KINDS["short strings"]
    assert 10 * MEBIBYTE < estimate_memory(data, 10 * MEBIBYTE) < 11 * MEBIBYTE < estimate_memory(data, NO_END)
