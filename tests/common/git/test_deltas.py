"""A delta makes of its base what git makes of it, or nothing at all."""

import tracemalloc

import pytest
from common.git.deltas import Sizes, apply_delta, sizes_of
from common.git.errors import BadPackError
from dulwich.pack import apply_delta as dulwichs
from dulwich.pack import create_delta
from hypothesis import given
from hypothesis import strategies as st

from tests.support.packs import copied, delta, inserted

BASE = bytes(range(256)) * 800
PARTS = st.lists(st.sampled_from([bytes(range(start, start + 60)) for start in range(9)]), max_size=20).map(b"".join)


@given(PARTS, PARTS)
def test_what_another_implementation_writes_is_applied(base: bytes, result: bytes) -> None:
    assert apply_delta(base, b"".join(create_delta(base, result))) == result


@given(st.lists(st.tuples(st.integers(0, len(BASE) - 1), st.integers(1, 70_000)), max_size=5))
def test_any_part_of_the_base_is_copied(parts: list[tuple[int, int]]) -> None:
    copies = [(start, min(length, len(BASE) - start)) for start, length in parts]
    result = b"".join(BASE[start : start + length] for start, length in copies)
    assert apply_delta(BASE, delta(len(BASE), len(result), *(copied(*copy) for copy in copies))) == result


@given(st.lists(st.binary(min_size=1, max_size=127), max_size=5))
def test_what_is_new_is_inserted(parts: list[bytes]) -> None:
    result = b"".join(parts)
    assert apply_delta(b"", delta(0, len(result), *map(inserted, parts))) == result


@pytest.mark.parametrize("code", [b"\x80", b"\x90\0", b"\x93\0\0\0", b"\xf0\0\0\0"])
def test_a_copy_of_no_length_is_of_64_kib(code: bytes) -> None:
    assert apply_delta(BASE, delta(len(BASE), 0x10000, code)) == BASE[:0x10000]


def test_each_code_of_a_copy_means_which_bytes_of_offset_and_length_follow() -> None:
    base = bytes(range(251)) * (0x1030000 // 251)
    for code in range(0x80, 0x100):
        follows = [code >> bit & 1 for bit in range(7)]
        offset = int.from_bytes(bytes(follows[:4]), "little")
        length = int.from_bytes(bytes(follows[4:]), "little") or 0x10000
        copy = bytes([code, *filter(None, follows)])
        assert apply_delta(base, delta(len(base), length, copy)) == base[offset : offset + length], hex(code)


def test_sizes_are_read_from_the_head() -> None:
    assert sizes_of(delta(5, 300, b"rest")) == Sizes(base=5, result=300, start=3)
    assert sizes_of(b"\x81\x80\x00" + b"\xff" * 8 + b"\x7f") == Sizes(base=1, result=2**63 - 1, start=12)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x80", id="cut off in the first size"),
        pytest.param(b"\x05", id="no second size"),
        pytest.param(b"\x05\x83", id="cut off in the second size"),
        pytest.param(b"\x80" * 9 + b"\x05\x00", id="a size of ten digits"),
        pytest.param(delta(4, 2, copied(0, 2)), id="a shorter base"),
        pytest.param(delta(6, 2, copied(0, 2)), id="a longer base"),
        pytest.param(delta(5, 2), id="no instruction"),
        pytest.param(delta(5, 2, copied(0, 1)), id="too little"),
        pytest.param(delta(5, 2, copied(0, 3)), id="too much"),
        pytest.param(delta(5, 2, copied(0, 2), copied(0, 1)), id="more after the end"),
        pytest.param(delta(5, 2, copied(0, 2), b"\0"), id="an unknown instruction"),
        pytest.param(delta(5, 2, b"\0", copied(0, 2)), id="an unknown instruction at first"),
        pytest.param(delta(5, 2, copied(4, 2)), id="a copy over the base's end"),
        pytest.param(delta(5, 2, copied(5, 2)), id="a copy from the base's end"),
        pytest.param(delta(5, 2, copied(0xFFFFFFFF, 2)), id="a copy from far behind the base"),
        pytest.param(delta(5, 2, b"\x02a"), id="an insertion that is cut off"),
        pytest.param(delta(5, 2, b"\x93\0\0"), id="a common copy that is cut off"),
        pytest.param(delta(5, 2, b"\x93"), id="a common copy of which the code alone is there"),
        pytest.param(delta(5, 2, b"\x91\0"), id="a copy that is cut off"),
        pytest.param(delta(5, 0, b"\x80"), id="64 KiB of a result of nothing"),
    ],
)
def test_a_wrong_delta_is_corrupt(wrong: bytes) -> None:
    with pytest.raises(BadPackError) as raised:
        apply_delta(b"12345", wrong)
    assert raised.value.fault == "corrupt"
    assert str(raised.value).startswith("a delta ")


def test_a_size_has_at_most_nine_digits() -> None:
    assert sizes_of(delta(2**63 - 1, 1)).base == 2**63 - 1
    with pytest.raises(BadPackError):
        sizes_of(delta(2**63, 1))


@given(st.binary(max_size=40), st.integers(0, 30))
def test_any_bytes_make_what_another_implementation_makes_or_are_corrupt(body: bytes, result: int) -> None:
    written = delta(10, result, body)
    try:
        made = apply_delta(b"0123456789", written)
    except BadPackError:
        return
    assert b"".join(dulwichs(b"0123456789", written)) == made


def test_many_short_parts_take_the_memory_of_their_result() -> None:
    parts = 10_000
    written = delta(5, 4 * parts, *([copied(1, 2), inserted(b"ab")] * parts))
    tracemalloc.start()
    try:
        apply_delta(b"12345", written)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * 4 * parts
