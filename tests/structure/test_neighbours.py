"""docs/neighbours.md says what the markers of the tests say, and no more."""

from pathlib import Path

import pytest

from tests.structure.measure import ROOT
from tests.structure.neighbours import page

pytestmark = pytest.mark.one_python

TESTS = """
import pytest

@pytest.mark.neighbour("PostgreSQL", "hangs | for long", "reads answer 503")
async def test_reads() -> None: ...

@pytest.mark.parametrize(
    "mood", [pytest.param("late", marks=pytest.mark.neighbour("NATS", "comes late", "is waited for"))]
)
@pytest.mark.debian
def test_moods(mood: str) -> None: ...

def test_without() -> None: ...
"""


def test_the_page_is_made_from_the_markers() -> None:
    """`make docs` brings it up to date."""
    assert (ROOT / "docs" / "neighbours.md").read_text() == page()


def test_each_marker_is_a_line_under_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(TESTS)
    made = page(tmp_path)
    nats, postgresql = made.index("## NATS\n"), made.index("## PostgreSQL\n")
    late = "| comes late | is waited for | [test_moods](../tests/test_it.py), `make test-all` |\n"
    hangs = "| hangs \\| for long | reads answer 503 | [test_reads](../tests/test_it.py) |\n"
    assert nats < made.index(late) < postgresql < made.index(hangs)
    assert "test_without" not in made


@pytest.mark.parametrize(
    ("mark", "runs"), [("compose", "make test-compose"), ("debian", "make test-all"), ("upgrade", "make test-upgrade")]
)
def test_a_mark_of_the_whole_file_names_its_command(tmp_path: Path, mark: str, runs: str) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(
        f"pytestmark = [pytest.mark.{mark}]\n@pytest.mark.neighbour('a', 'b', 'c')\ndef test_a(): ...\n"
    )
    assert f"| b | c | [test_a](../tests/test_it.py), `{runs}` |" in page(tmp_path)


@pytest.mark.parametrize("said", ["'a', 'b'", "'a', 'b', 'c', 'd'", "'a', 'b', f'{c}'", "'a', 'b', happens='c'"])
def test_a_marker_that_cannot_be_read_is_named_with_its_test(tmp_path: Path, said: str) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(f"@pytest.mark.neighbour({said})\ndef test_a(): ...\n")
    with pytest.raises(ValueError, match=r"tests/test_it\.py::test_a: .* three plain strings"):
        page(tmp_path)
