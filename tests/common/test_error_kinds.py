"""Whatever is found, its uploader is told what to do."""

from common.error_kinds import ADVICE, ErrorKind, NoteKind


def test_every_kind_has_advice() -> None:
    assert set(ADVICE) == {*ErrorKind, *NoteKind}
    assert all(advice.text.endswith(".") for advice in ADVICE.values())


def test_what_makes_a_file_unusable_is_an_error() -> None:
    assert {ADVICE[kind].severity for kind in ErrorKind} == {"error"}
