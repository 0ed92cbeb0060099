"""A mutant is in force wherever the code that it changes is used, defaults and constants included."""

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.mutants.swap import put_in

SOURCE = """
from dataclasses import dataclass
from typing import NamedTuple

ONE = 1


class Row(NamedTuple):
    left: int = 10


@dataclass(frozen=True)
class Sum:
    left: int = 100

    @property
    def all(self) -> int:
        return self.left + Row().left + ONE
"""


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [("ONE = 1", "ONE = 2", 112), ("= 100", "= 200", 211), ("= 10\n", "= 20\n", 121), (".left + ONE", ".left", 110)],
)
def test_a_change_of_a_constant_a_default_or_a_body_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, found: int
) -> None:
    path = tmp_path / "changed.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("changed", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "changed", module)
    spec.loader.exec_module(module)
    assert module.Sum().all == 111
    put_in(module, SOURCE.replace(before, after))
    assert module.Sum().all == found
