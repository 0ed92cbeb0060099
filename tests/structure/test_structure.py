"""The shape that the packages keep: bounds of shared layout, so that a newcomer finds everything."""

import re
from pathlib import Path

import pytest

from tests.structure.measure import packages, shape_of

pytestmark = pytest.mark.one_python

MODULES_IN_A_FOLDER = 15
PARTS_AT_THE_TOP = 15
IMPORTS_BETWEEN_PARTS = 30
LINES_OF_A_FUNCTION = 40
_SAYS_BOTH = re.compile(r'"""\w.*\b[Kk]nows? (?:nothing|neither|no)\b.{5}')


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.name)
def test_a_package_keeps_its_shape(package: Path) -> None:
    shape = shape_of(package)
    assert shape.parts <= PARTS_AT_THE_TOP
    assert shape.imports <= IMPORTS_BETWEEN_PARTS
    assert shape.largest_folder[1] <= MODULES_IN_A_FOLDER, shape.largest_folder
    assert shape.names_twice == ()
    assert shape.longest_function[1] <= LINES_OF_A_FUNCTION, shape.longest_function


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.name)
def test_each_subpackage_says_what_it_owns_and_what_it_knows_nothing_of(package: Path) -> None:
    said = {init.parent.name: init.read_text().partition("\n")[0] for init in package.rglob("*/__init__.py")}
    assert [name for name, first in said.items() if not _SAYS_BOTH.match(first)] == []
