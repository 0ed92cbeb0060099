"""Whatever is found, its uploader is told what to do."""

from common.error_kinds import ADVICE, SEVERITIES, ErrorKind, NoteKind, advice_on, severity_of


def test_every_kind_has_advice() -> None:
    assert set(ADVICE) == {*ErrorKind, *NoteKind}
    assert all(advice.text.endswith(".") for advice in ADVICE.values())


def test_what_makes_a_file_unusable_is_an_error() -> None:
    assert {ADVICE[kind].severity for kind in ErrorKind} == {"error"}


def test_a_kind_of_another_version_is_a_note_without_advice() -> None:
    assert SEVERITIES == ("error", "warning", "note")
    assert (severity_of("nested_folder"), severity_of("not_json")) == ("note", "error")
    assert advice_on("not_json") == ADVICE[ErrorKind.NOT_JSON].text
    assert (severity_of("kind_of_tomorrow"), advice_on("kind_of_tomorrow")) == ("note", None)
