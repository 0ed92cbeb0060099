"""Whatever is found, its uploader is told what to do."""

import ast
from itertools import pairwise
from pathlib import Path

from common import error_kinds
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


def documented() -> dict[str, str]:
    """Return what the source says of each kind."""
    found: dict[str, str] = {}
    for node in ast.parse(Path(error_kinds.__file__).read_text()).body:
        for member, text in pairwise(node.body) if isinstance(node, ast.ClassDef) else ():
            match member, text:
                case ast.Assign(value=ast.Constant(value=str(kind))), ast.Expr(value=ast.Constant(value=str(said))):
                    found[kind] = said
    return found


def test_the_page_of_findings_lists_every_kind_as_the_code_has_it_the_worst_first() -> None:
    page = (Path(__file__).parents[2] / "docs/findings.md").read_text()
    listed = [line for line in page.splitlines() if line.startswith("| `")]
    meanings = documented()
    expected = [
        f"| `{kind}` | {ADVICE[kind].severity} | {meanings[kind]} | {ADVICE[kind].text} |".replace("<", "\\<")
        for kinds in (ErrorKind, NoteKind)
        for severity in SEVERITIES
        for kind in kinds
        if ADVICE[kind].severity == severity
    ]
    assert listed == expected
