"""Pkt-lines are read as they were written, none is longer than git takes, and what is none is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from localhub.git.pkt_lines import Mark, PktLineError, pkt_line, read_pkt_lines, section, sideband

LONGEST = 65_520
CONTENTS = st.lists(st.one_of(st.binary(max_size=100), st.sampled_from(Mark)))


@given(CONTENTS)
def test_lines_and_marks_are_read_as_they_were_written(contents: list[bytes | Mark]) -> None:
    written = b"".join(each.value if isinstance(each, Mark) else pkt_line(each) for each in contents)
    assert list(read_pkt_lines(written)) == contents


def test_text_ends_in_a_line_feed() -> None:
    assert section("one", "two") == b"0008one\n0008two\n"


@pytest.mark.parametrize("band", [1, 2, 3])
@pytest.mark.parametrize("size", [0, 1, LONGEST - 5, LONGEST - 4, 3 * LONGEST])
@pytest.mark.parametrize("piece", [1000, 10**6])
def test_a_band_is_cut_into_lines_that_git_takes(size: int, piece: int, band: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    data = data[:size]
    lines = list(sideband((data[start : start + piece] for start in range(0, size, piece)), band))
    assert all(5 < len(line) <= LONGEST for line in lines)
    assert len(lines) == -(-size // (LONGEST - 5))
    contents = list(read_pkt_lines(b"".join(lines)))
    assert {content[:1] for content in contents if isinstance(content, bytes)} <= {bytes([band])}
    assert b"".join(content[1:] for content in contents if isinstance(content, bytes)) == data


@pytest.mark.parametrize("data", [b"0", b"000", b"zzzz", b"0003", b"-001", b" 005a", b"0005", b"0006a", b"0005ab"])
def test_what_is_no_sequence_of_lines_is_refused(data: bytes) -> None:
    with pytest.raises(PktLineError):
        list(read_pkt_lines(data))
