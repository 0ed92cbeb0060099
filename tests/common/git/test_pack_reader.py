"""Of a pack come the blobs that were wanted, byte for byte; whatever else it holds is refused, in little memory."""

import gc
import random
import re
import tracemalloc
import zlib
from collections.abc import Callable, Iterable

import pytest
from common.git import bases, deltas, pack_reader
from common.git.errors import BadPackError
from common.git.pack_reader import PackReader
from dulwich.pack import create_delta
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.packs import (
    BLOB,
    Pack,
    by_dulwich,
    by_git,
    checked,
    copied,
    delta,
    inserted,
    oid_of,
    wanted,
)


def read(pack: bytes, bodies: Iterable[bytes], chunk: int = 65_515) -> list[bytes]:
    """Read a pack to its end."""
    reader = PackReader(wanted(bodies))
    found = []
    for start in range(0, len(pack), chunk):
        for oid, body in reader.feed(pack[start : start + chunk]):
            assert oid == oid_of(body)
            found.append(body)
    reader.close()
    return found


# Parts that occur again and again, so that there are deltas.
PARTS = st.sampled_from([bytes([65 + number]) * 7 + bytes(range(number, number + 60)) for number in range(9)])
BODY = st.one_of(st.lists(PARTS, max_size=40).map(b"".join), st.binary(max_size=200))
BODIES = st.lists(BODY, max_size=12, unique=True)


@given(bodies=BODIES, chunk=st.integers(1, 300), ofs=st.booleans())
def test_every_blob_comes_byte_for_byte_however_the_bytes_come(*, bodies: list[bytes], chunk: int, ofs: bool) -> None:
    assert sorted(read(by_dulwich(bodies, ofs=ofs), bodies, chunk)) == sorted(bodies)


@pytest.mark.debian
@settings(max_examples=50)
@given(bodies=BODIES.filter(bool), window=st.integers(0, 12), depth=st.integers(0, 12), ofs=st.booleans())
def test_packs_of_git_itself_come_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, *, bodies: list[bytes], window: int, depth: int, ofs: bool
) -> None:
    options = ["--threads=1", f"--window={window}", f"--depth={depth}", *(["--delta-base-offset"] if ofs else [])]
    pack = by_git(tmp_path_factory.getbasetemp() / "git", bodies, *options)
    assert sorted(read(pack, bodies)) == sorted(bodies)


def written(bodies: list[bytes], choices: list[int]) -> tuple[bytes, set[bytes]]:
    """Return a pack whose deltas build on what the choices say, and which of the bodies are deltas in it."""
    pack = Pack()
    as_deltas, places = set(), []
    for number, body in enumerate(bodies):
        base = choices[number] // 2 % (number + 1)
        change = b"".join(create_delta(bodies[base], body))
        if base == number or len(change) > len(body):
            places.append(pack.blob(body))
            continue
        as_deltas.add(body)
        by_offset = choices[number] % 2
        places.append(pack.ofs_delta(places[base], change) if by_offset else pack.ref_delta(bodies[base], change))
    return pack.written(), as_deltas


@given(
    BODIES,
    st.lists(st.integers(0), min_size=12, max_size=12),
    st.integers(0, 2_000),
    st.integers(0, 2_000),
    st.integers(1, 300),
)
def test_deltas_of_any_shape_come_right_or_not_at_all_where_little_is_held(
    bodies: list[bytes], choices: list[int], compressed: int, whole: int, chunk: int
) -> None:
    pack, as_deltas = written(bodies, choices)
    assert read(pack, bodies) == bodies
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bases, "COMPRESSED_BYTES", compressed)
        patched.setattr(bases, "WHOLE_BYTES", whole)
        found = read(pack, bodies, chunk)
    assert set(bodies) - as_deltas <= set(found)


A = b"a" * 400 + bytes(range(100))
B = A[:-1] + b"b"
EMPTY = b""
TEXT = bytes(range(256)) * 3
ALL = [A, B, EMPTY, TEXT]
A_TO_B = delta(500, 500, copied(0, 499), inserted(b"b"))


@given(place=st.integers(0), change=st.integers(1, 255), chunk=st.sampled_from([1, 7, 65_515]))
def test_a_changed_byte_never_gives_a_wrong_blob(*, place: int, change: int, chunk: int) -> None:
    pack = bytearray(by_dulwich(ALL))
    pack[place % len(pack)] ^= change
    with pytest.raises(BadPackError):
        read(bytes(pack), ALL, chunk)


@given(st.integers(0), st.sampled_from([1, 65_515]))
def test_a_pack_without_its_end_is_truncated(end: int, chunk: int) -> None:
    pack = by_dulwich(ALL)
    with pytest.raises(BadPackError, match=r"^the pack has no end$") as raised:
        read(pack[: end % len(pack)], ALL, chunk)
    assert raised.value.fault == "truncated"


@given(body=st.binary(max_size=100), as_objects=st.booleans())
def test_what_is_no_pack_is_refused(*, body: bytes, as_objects: bool) -> None:
    with pytest.raises(BadPackError):
        read(checked(b"PACK\0\0\0\2\0\0\0\1" + body) if as_objects else body, ALL)


def pack_of(*add: Callable[[Pack], object], count: int | None = None) -> bytes:
    """Return a pack of what each function adds."""
    pack = Pack()
    for each in add:
        each(pack)
    return pack.written(count)


def a_blob(body: bytes = A) -> Callable[[Pack], object]:
    return lambda pack: pack.blob(body)


def an_object(kind: int, content: bytes = A, *, size: int | None = None, raw: bytes = b"") -> Callable[[Pack], object]:
    return lambda pack: pack.add(kind, content, size=size, raw=raw)


def a_delta(content: bytes = A_TO_B, *, base: bytes = A) -> Callable[[Pack], object]:
    return lambda pack: pack.ref_delta(base, content)


def an_ofs_delta(distance: int) -> Callable[[Pack], object]:
    return lambda pack: pack.ofs_delta(pack.at - distance, A_TO_B)


WITH_A_DICTIONARY = zlib.compressobj(zdict=b"a" * 10)


@pytest.mark.parametrize(
    ("pack", "fault"),
    [
        pytest.param(checked(b"PACC\0\0\0\2\0\0\0\0"), "corrupt", id="another beginning"),
        pytest.param(checked(b"PACK\0\0\0\1\0\0\0\0"), "corrupt", id="version 1"),
        pytest.param(checked(b"PACK\0\0\0\4\0\0\0\0"), "corrupt", id="version 4"),
        pytest.param(checked(b"PACK\1\0\0\2\0\0\0\0"), "corrupt", id="version 16777218"),
        pytest.param(pack_of(count=5), "foreign", id="more objects than were wanted"),
        pytest.param(pack_of(count=2**24), "foreign", id="millions of objects"),
        pytest.param(pack_of(count=2**32 - 1), "foreign", id="as many objects as can be"),
        pytest.param(pack_of(a_blob(), a_blob(B), count=1), "corrupt", id="more objects than it says"),
        pytest.param(pack_of(count=0) + b"x", "corrupt", id="something behind its end"),
        pytest.param(pack_of(a_blob())[:-1] + b"x", "corrupt", id="another checksum"),
        *(
            pytest.param(pack_of(an_object(kind)), "foreign", id=f"an object of type {kind}")
            for kind in (0, 1, 2, 4, 5)
        ),
        pytest.param(pack_of(a_blob(A[1:])), "foreign", id="a blob of a size that was not wanted"),
        pytest.param(
            pack_of(an_object(BLOB, A[1:], raw=b"no zlib")), "foreign", id="the same, seen before it is inflated"
        ),
        pytest.param(pack_of(a_blob(TEXT + b"x")), "too_large", id="a blob larger than what was wanted"),
        pytest.param(pack_of(a_blob(A[::-1])), "foreign", id="a blob that was not wanted"),
        pytest.param(pack_of(a_blob(), a_blob()), "foreign", id="a blob twice"),
        pytest.param(
            pack_of(a_blob(), a_delta(delta(500, 500, copied(0, 500)))), "foreign", id="a delta that is its base"
        ),
        pytest.param(pack_of(an_object(BLOB, A[1:], size=500)), "corrupt", id="fewer bytes than it says"),
        pytest.param(pack_of(an_object(BLOB, A + b"x", size=500)), "too_large", id="more bytes than it says"),
        pytest.param(pack_of(an_object(BLOB, A, size=2**59)), "too_large", id="a size of half an exabyte"),
        pytest.param(pack_of(an_object(BLOB, A, size=2**60)), "corrupt", id="a size without end"),
        pytest.param(pack_of(an_object(BLOB, A, raw=b"no zlib")), "corrupt", id="what is not compressed"),
        pytest.param(
            pack_of(an_object(BLOB, A, raw=zlib.compress(A)[:-1] + b"x")), "corrupt", id="another sum of zlib"
        ),
        pytest.param(
            pack_of(an_object(BLOB, A, raw=WITH_A_DICTIONARY.compress(A) + WITH_A_DICTIONARY.flush())),
            "corrupt",
            id="zlib with a dictionary",
        ),
        pytest.param(pack_of(a_blob(), a_delta(A_TO_B[:-1])), "corrupt", id="a delta that is cut off"),
        pytest.param(pack_of(a_blob(), a_delta(b"\xf4")), "corrupt", id="a delta without sizes"),
        pytest.param(pack_of(a_blob(TEXT), a_delta(base=TEXT)), "corrupt", id="a delta of another base"),
        pytest.param(
            pack_of(a_blob(), a_delta(delta(500, 499, copied(0, 499)))), "foreign", id="a delta of a size not wanted"
        ),
        pytest.param(
            pack_of(a_blob(), a_delta(delta(500, 500, inserted(b"b"), copied(0, 499)))),
            "foreign",
            id="a delta that makes another blob",
        ),
        pytest.param(pack_of(a_blob(), a_delta(bytes(769))), "too_large", id="a delta larger than what was wanted"),
        pytest.param(
            pack_of(a_blob(TEXT), a_blob(), a_delta(), a_delta(bytes(501 - len(A_TO_B)))),
            "too_large",
            id="more bytes in all than what was wanted",
        ),
        pytest.param(pack_of(a_blob(), an_ofs_delta(0)), "corrupt", id="a delta of itself"),
        pytest.param(pack_of(a_blob(), an_ofs_delta(1)), "corrupt", id="a delta of the middle of an object"),
        pytest.param(pack_of(an_ofs_delta(12)), "corrupt", id="a delta of the pack's head"),
        pytest.param(pack_of(an_ofs_delta(2**40)), "corrupt", id="a delta of what stands before the pack"),
        pytest.param(pack_of(an_ofs_delta(2**63)), "corrupt", id="a distance without end"),
    ],
)
def test_whatever_was_not_wanted_is_refused(pack: bytes, fault: str) -> None:
    for chunk in (1, len(pack)):
        with pytest.raises(BadPackError) as raised:
            read(pack, ALL, chunk)
        assert raised.value.fault == fault
        assert re.match("[a-z0-9]", str(raised.value)), "it is told as the end of a sentence"


def test_versions_2_and_3_are_read() -> None:
    for version in (2, 3):
        pack = Pack()
        pack.blob(A)
        assert read(pack.written(version=version), ALL) == [A]


@given(st.integers(0, 9), st.integers(1, 9), st.integers(0, 4), st.integers(0, 3_000))
def test_however_hard_a_blob_was_compressed_it_is_read(level: int, memory: int, strategy: int, size: int) -> None:
    body = random_bodies(1, size)[0] + bytes(size)
    compressor = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS, memory, strategy)
    raw = compressor.compress(body) + compressor.flush()
    assert read(pack_of(an_object(BLOB, body, raw=raw)), [body]) == [body]


def test_what_was_kept_in_pieces_is_inflated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases, "WHOLE_BYTES", 0)
    assert read(pack_of(a_blob(), a_delta()), ALL, 10) == [A, B]


def test_an_object_that_is_too_short_says_by_how_much() -> None:
    with pytest.raises(BadPackError, match=r"^an object has 499 bytes instead of 500$"):
        read(pack_of(an_object(BLOB, A[1:], size=500)), ALL)


def test_what_came_instead_of_a_pack_is_told() -> None:
    with pytest.raises(BadPackError, match=r"^no pack begins with b'<html><b'$"):
        read(b"<html><body></body></html>", ALL)


def test_a_pack_may_hold_less_than_was_wanted() -> None:
    assert read(pack_of(), ALL) == []
    assert read(pack_of(), []) == []
    assert read(pack_of(a_blob(TEXT), a_blob(EMPTY)), ALL) == [TEXT, EMPTY]


def test_a_reader_that_failed_gives_nothing_more_and_has_no_end() -> None:
    reader = PackReader(wanted(ALL))
    with pytest.raises(BadPackError):
        list(reader.feed(pack_of(a_blob(), a_blob())))
    assert list(reader.feed(pack_of(a_blob()))) == []
    with pytest.raises(BadPackError):
        reader.close()


def test_what_follows_a_pack_is_found_also_when_it_comes_later() -> None:
    reader = PackReader(wanted(ALL))
    list(reader.feed(pack_of(a_blob())))
    reader.close()
    with pytest.raises(BadPackError):
        list(reader.feed(b"x"))
    with pytest.raises(BadPackError):
        reader.close()


def test_blobs_are_made_when_they_are_asked_for() -> None:
    reader = PackReader(wanted(ALL))
    blobs = reader.feed(pack_of(a_blob(), an_object(BLOB, B, raw=b"no zlib")))
    assert next(blobs) == (oid_of(A), A)
    with pytest.raises(BadPackError):
        next(blobs)


def test_bytes_may_come_while_blobs_are_not_asked_for() -> None:
    reader = PackReader(wanted(ALL))
    pack = pack_of(a_blob(), a_delta(), a_blob(TEXT))
    parts = [reader.feed(pack[:50]), reader.feed(pack[50:])]
    assert [body for part in parts for _, body in part] == [A, B, TEXT]
    reader.close()


def test_a_blob_whose_base_did_not_come_before_it_is_left_out_and_so_is_what_builds_on_it() -> None:
    pack = Pack()
    left_out = pack.ref_delta(A, A_TO_B)
    pack.blob(A)
    pack.ofs_delta(left_out, delta(500, 768, inserted(b"x")))
    pack.blob(EMPTY)
    assert read(pack.written(), ALL) == [A, EMPTY]


def random_bodies(count: int, size: int = 10_000) -> list[bytes]:
    """Return bodies that do not compress."""
    source = random.Random(18)
    return [source.randbytes(size) for _ in range(count)]


def changed(body: bytes, number: int) -> tuple[bytes, bytes]:
    """Return a body with another number at its end, and the delta that makes it."""
    end = b"%08d" % number
    return body[:-8] + end, delta(len(body), len(body), copied(0, len(body) - 8), inserted(end))


def test_bases_are_held_up_to_a_bound_those_last_used_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases, "COMPRESSED_BYTES", 25_000)
    monkeypatch.setattr(bases, "WHOLE_BYTES", 0)
    first, second, third = random_bodies(3)
    pack = Pack()
    bodies: list[bytes] = []

    def add(base: bytes) -> bytes:
        body, change = changed(base, len(bodies))
        pack.ref_delta(base, change)
        bodies.append(body)
        return body

    pack.blob(first)
    pack.blob(second)
    from_first = add(first)
    pack.blob(third)
    left_out, again, from_third = add(second), add(first), add(third)
    assert read(pack.written(), [first, second, third, *bodies]) == [
        first,
        second,
        from_first,
        third,
        again,
        from_third,
    ]
    assert left_out not in {from_first, again, from_third}


@pytest.mark.parametrize("rework", [0, 1, 2, 100])
def test_a_chain_that_is_resolved_again_and_again_takes_no_more_than_a_multiple(
    monkeypatch: pytest.MonkeyPatch, rework: int
) -> None:
    monkeypatch.setattr(bases, "WHOLE_BYTES", 0)
    monkeypatch.setattr(pack_reader, "_REWORK", rework)
    applied = 0

    def apply_delta(base: bytes, change: bytes) -> bytes:
        nonlocal applied
        applied += len(base) + len(change)
        return deltas.apply_delta(base, change)

    monkeypatch.setattr(bases, "apply_delta", apply_delta)
    body = random_bodies(1, 1000)[0]
    pack, bodies = Pack(), [body]
    pack.blob(body)
    for number in range(50):
        body, change = changed(body, number)
        pack.ref_delta(bodies[-1], change)
        bodies.append(body)
    found = read(pack.written(), bodies)
    assert found == bodies[: len(found)]
    assert applied <= rework * sum(map(len, bodies))
    assert (len(found) == len(bodies)) == (rework == 100)


def peak_of(call: Callable[[], object]) -> int:
    """Return how many bytes a call held at once."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


ZEROS = zlib.compress(bytes(20_000_000))
NOTHING = b"\x78\x01" + b"\0\0\0\xff\xff" * 200_000


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(pack_of(an_object(BLOB, size=500, raw=ZEROS)), id="a small size, and 20 MB come"),
        pytest.param(pack_of(an_object(BLOB, size=2**40, raw=ZEROS)), id="a size of 1 TiB"),
        pytest.param(pack_of(an_object(BLOB, size=500, raw=NOTHING)), id="1 MB come that are nothing"),
        pytest.param(pack_of(a_blob(), a_delta(delta(500, 2**40, copied(0, 500)))), id="a delta that makes 1 TiB"),
        pytest.param(pack_of(a_blob(), a_delta(delta(500, 500, *[copied(0, 500)] * 100))), id="a delta without end"),
    ],
)
def test_what_is_larger_than_was_wanted_takes_no_memory(pack: bytes) -> None:
    def refused() -> None:
        with pytest.raises(BadPackError):
            read(pack, ALL, 1000)

    assert 0 < peak_of(refused) < 100_000


@pytest.mark.parametrize("end", [None, -1])
def test_what_was_held_goes_with_the_reader_and_waits_for_no_garbage_collection(end: int | None) -> None:
    bodies = random_bodies(20)
    pack = pack_of(*map(a_blob, bodies))
    gc.disable()
    try:
        tracemalloc.start()
        reader = PackReader(wanted(bodies))
        assert sum(1 for _ in reader.feed(pack[:end])) == len(bodies)
        held, _ = tracemalloc.get_traced_memory()
        del reader
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert held > 200_000
    assert left < 20_000


def test_what_is_held_of_a_pack_does_not_grow_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases, "COMPRESSED_BYTES", 100_000)
    monkeypatch.setattr(bases, "WHOLE_BYTES", 50_000)
    bodies = random_bodies(200)
    pack = pack_of(*map(a_blob, bodies))
    reader = PackReader(wanted(bodies))

    def count() -> None:
        came = sum(1 for start in range(0, len(pack), 1000) for _ in reader.feed(pack[start : start + 1000]))
        assert came == len(bodies)

    assert 150_000 < peak_of(count) < 300_000
