"""What is asked, git understands; of its answer comes the pack, and of all else a word that says what is wrong."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from common.git.errors import BadPackError
from common.git.fetch import FetchAnswer, fetch_request
from common.git.pack_reader import PackReader
from common.git.pkt_line import Mark, pkt_line
from hypothesis import given
from hypothesis import strategies as st

from tests.support.packs import by_git, oid_of, wanted

BODIES = [b"%d " % number * 400 for number in range(20)]
HEAD = pkt_line(b"packfile\n")


def read(answer: bytes, chunk: int = 1000) -> bytes:
    """Read an answer to its end."""
    reader = FetchAnswer()
    pack = b"".join(
        part for start in range(0, len(answer), chunk) for part in reader.feed(answer[start : start + chunk])
    )
    reader.close()
    return pack


def upload_pack(folder: Path, request: bytes) -> bytes:
    """Return what git itself answers."""
    command = ["git", "upload-pack", "--stateless-rpc", str(folder)]
    environment = {**os.environ, "GIT_PROTOCOL": "version=2"}
    return subprocess.run(command, input=request, env=environment, stdout=subprocess.PIPE, check=False).stdout


@pytest.mark.debian
def test_git_itself_answers_with_the_blobs_that_are_asked_for(tmp_path: Path) -> None:
    by_git(tmp_path, BODIES)
    asked = BODIES[3:9]
    reader = PackReader(wanted(asked))
    blobs = dict(reader.feed(read(upload_pack(tmp_path, fetch_request(map(oid_of, asked))))))
    reader.close()
    assert blobs == {oid_of(body): body for body in asked}


@pytest.mark.debian
def test_an_object_that_git_does_not_have_is_told_in_its_words(tmp_path: Path) -> None:
    by_git(tmp_path, BODIES)
    with pytest.raises(BadPackError, match="not our ref aaaa") as raised:
        read(upload_pack(tmp_path, fetch_request(["a" * 40])))
    assert raised.value.fault == "refused"


def test_a_request_is_written_as_git_reads_it() -> None:
    assert fetch_request(["a" * 40]) == (
        b"0011command=fetch0001000dofs-delta000fno-progress0031want " + b"a" * 40 + b"0008done0000"
    )


@given(st.lists(st.binary(max_size=50)), st.integers(1, 60))
def test_the_pack_comes_whole_between_progress_and_signs_of_life(parts: list[bytes], chunk: int) -> None:
    lines = [line for part in parts for line in (pkt_line(b"\2counting"), pkt_line(b"\1"), pkt_line(b"\1" + part))]
    assert read(HEAD + b"".join(lines) + b"0000", chunk) == b"".join(parts)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"", "truncated"),
        (HEAD, "truncated"),
        (HEAD + pkt_line(b"\1PACK"), "truncated"),
        (HEAD + b"0000" + b"00", "truncated"),
        (b"0000", "corrupt"),
        (b"<html>", "corrupt"),
        (pkt_line(b"acknowledgments\n"), "corrupt"),
        (pkt_line(b"\1PACK"), "corrupt"),
        (HEAD + HEAD + b"0000", "corrupt"),
        (HEAD + pkt_line(b"") + b"0000", "corrupt"),
        (HEAD + pkt_line(b"\4PACK") + b"0000", "corrupt"),
        (HEAD + pkt_line(Mark.DELIMITER) + b"0000", "corrupt"),
        (HEAD + b"0000" + b"0000", "corrupt"),
        (pkt_line(b"ERR upload-pack: not our ref"), "refused"),
        (HEAD + pkt_line(b"ERR no"), "refused"),
        (HEAD + pkt_line(b"\3fatal: out of memory"), "refused"),
    ],
)
def test_whatever_else_is_answered_is_refused(answer: bytes, fault: str) -> None:
    with pytest.raises(BadPackError) as raised:
        read(answer)
    assert raised.value.fault == fault
    assert re.match("[a-z]", str(raised.value)), "it is told as the end of a sentence"


def test_the_name_of_a_section_may_have_no_end_of_line() -> None:
    assert read(pkt_line(b"packfile") + pkt_line(b"\1PACK") + b"0000") == b"PACK"


def test_what_failed_while_the_pack_came_is_told_in_the_servers_words() -> None:
    with pytest.raises(BadPackError, match=r"^git answers: 'fatal: out of memory'$"):
        read(HEAD + pkt_line(b"\1PACK") + pkt_line(b"\3fatal: out of memory\n"))


def test_a_servers_own_words_are_cut_and_stay_on_one_line() -> None:
    with pytest.raises(BadPackError) as raised:
        read(pkt_line(b"ERR a\nb\xff" + b"x" * 1000 + b"\n"))
    assert str(raised.value) == "git answers: " + repr("a\nb\ufffd" + "x" * 196)


def test_bytes_may_come_while_parts_are_not_asked_for() -> None:
    reader = FetchAnswer()
    answers = [reader.feed(HEAD + pkt_line(b"\1PA")), reader.feed(pkt_line(b"\1CK") + b"0000")]
    assert b"".join(part for answer in answers for part in answer) == b"PACK"
    reader.close()
