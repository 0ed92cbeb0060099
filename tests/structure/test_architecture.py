"""ARCHITECTURE.md is the map: what it says of tables, files and tests is true."""

import re
from pathlib import Path

import pytest
from common.roles import tables, views

from tests.structure.measure import ROOT, packages

pytestmark = pytest.mark.one_python

MAP = (ROOT / "ARCHITECTURE.md").read_text()
TESTED_THROUGH_OTHERS = {"ingester/ingestion", "ingester/verification"}
SERVICES = {"watcher": "watcher", "ingester": "ingester", "query-api": "query_api", "notifier": "notifier"}
_WRITTEN = re.compile(r"\b(?:INTO|UPDATE|DELETE FROM) (\w+)")
_READ = re.compile(r"(?<!DELETE )\b(?:FROM|JOIN) (\w+)")


def _cells(service: str) -> list[str]:
    row = next(line for line in MAP.splitlines() if line.startswith(f"| `services/{service}` |"))
    return row.split("|")[2:]


def _tables(pattern: re.Pattern[str], text: str) -> set[str]:
    return {*pattern.findall(text)} & {*tables(), *views()}


def _statements(service: str) -> str:
    folder = ROOT / "services" / service / "src" / SERVICES[service]
    return "\n".join(file.read_text() for file in folder.rglob("*.py"))


@pytest.mark.parametrize("service", SERVICES)
def test_the_map_names_the_tables_that_a_service_writes(service: str) -> None:
    assert _tables(_WRITTEN, _statements(service)) == _tables(re.compile(r"`(\w+)`"), _cells(service)[0])


@pytest.mark.parametrize("service", SERVICES)
def test_the_map_names_the_tables_that_a_service_reads(service: str) -> None:
    own = _tables(_WRITTEN, _statements(service))
    said = _tables(re.compile(r"`(\w+)`"), _cells(service)[1])
    assert _tables(_READ, _statements(service)) - own == said - own


def _exists(name: str) -> bool:
    sources = [ROOT, *(package.parent for package in packages()), *packages()]
    return any((folder / name).exists() for folder in sources) or any(ROOT.glob(f"*/*/**/{name}"))


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_files_that_a_document_names_exist(document: str) -> None:
    named = re.findall(
        r"`([\w.-]+(?:/[\w.*-]+)*\.(?:py|md|yml|yaml|sql|toml|txt|in|tsx?))`", (ROOT / document).read_text()
    )
    assert named
    assert [name for name in named if "*" not in name and "NNNN" not in name and not _exists(name)] == []


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.name)
def test_tests_mirror_the_subpackages(package: Path) -> None:
    subpackages = {init.parent.name for init in package.glob("*/__init__.py")}
    tested = {tests.parent.name for tests in (ROOT / "tests" / package.name).glob("*/test_*.py")}
    assert tested == subpackages - {name for name in subpackages if f"{package.name}/{name}" in TESTED_THROUGH_OTHERS}


def test_the_map_names_what_is_tested_through_others() -> None:
    row = next(line for line in MAP.splitlines() if line.startswith("| `tests` |"))
    assert {*re.findall(r"`(\w+/\w+)`", row)} == TESTED_THROUGH_OTHERS
