"""Of a pack come the blobs that were wanted, byte for byte; whatever else it holds is refused."""

from collections.abc import Iterable

import pytest
from common.git.errors import BadPackError
from common.git.pack_reader import PackReader
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.packs import by_dulwich, by_git, oid_of, wanted


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
BODIES = st.lists(
    st.one_of(st.lists(PARTS, max_size=40).map(b"".join), st.binary(max_size=200)), max_size=12, unique=True
)


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


ONE_PACK = [b"a" * 500, b"a" * 499 + b"b", bytes(range(256)), b""]


@given(place=st.integers(0), change=st.integers(1, 255), chunk=st.sampled_from([1, 7, 65_515]))
def test_a_changed_byte_never_gives_a_wrong_blob(*, place: int, change: int, chunk: int) -> None:
    pack = bytearray(by_dulwich(ONE_PACK))
    pack[place % len(pack)] ^= change
    with pytest.raises(BadPackError):
        read(bytes(pack), ONE_PACK, chunk)


@given(st.integers(0))
def test_a_pack_without_its_end_is_truncated(end: int) -> None:
    pack = by_dulwich(ONE_PACK)
    with pytest.raises(BadPackError) as raised:
        read(pack[: end % len(pack)], ONE_PACK)
    assert raised.value.fault == "truncated"
