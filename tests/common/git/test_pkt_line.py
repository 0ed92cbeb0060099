"""Lines of git come whole, however their bytes come."""

import pytest
from common.git.errors import BadPackError
from common.git.pkt_line import Mark, PktLineReader, pkt_line
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from(Mark))), st.integers(1, 20))
def test_what_is_written_is_read(lines: list[bytes | Mark], chunk: int) -> None:
    sent = b"".join(map(pkt_line, lines))
    reader = PktLineReader()
    found = [line for start in range(0, len(sent), chunk) for line in reader.feed(sent[start : start + chunk])]
    reader.close()
    assert found == lines


def test_lines_are_written_as_git_writes_them() -> None:
    assert pkt_line(b"command=fetch\n") == b"0012command=fetch\n"
    assert [pkt_line(mark) for mark in Mark] == [b"0000", b"0001", b"0002"]


@pytest.mark.parametrize("sent", [b"0003", b"00 5a", b"+005a", b"<html>", b"-001"])
def test_what_is_no_line_is_refused(sent: bytes) -> None:
    with pytest.raises(BadPackError) as raised:
        list(PktLineReader().feed(sent))
    assert raised.value.fault == "corrupt"
    assert str(raised.value) == f"no line of git begins with {sent[:4]!r}"


@pytest.mark.parametrize("sent", [b"0", b"000", b"0005", b"0006a"])
def test_a_line_without_its_end_is_truncated(sent: bytes) -> None:
    reader = PktLineReader()
    assert list(reader.feed(sent)) == []
    with pytest.raises(BadPackError, match=r"^the last line of git has no end$") as raised:
        reader.close()
    assert raised.value.fault == "truncated"
