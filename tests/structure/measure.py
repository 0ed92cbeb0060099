"""What the shape of the packages is: from their files, their syntax trees, and the imports that grimp finds."""

import ast
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]
_NOT_MODULES = {"__init__", "__main__"}  # every package may have them


@dataclass(frozen=True)
class Shape:
    """One package. `parts`: modules and subpackages at its top; `imports`: pairs of which one imports the other."""

    name: str
    lines: int
    parts: int
    imports: int
    largest_folder: tuple[str, int]
    names_twice: tuple[str, ...]
    longest_function: tuple[str, int]


def packages() -> list[Path]:
    """Return the folder of each import package of the workspace."""
    members = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
    return [init.parent for member in members for init in (ROOT / member).glob("src/*/__init__.py")]


def shape_of(package: Path) -> Shape:
    """Measure one package."""
    files = sorted(package.rglob("*.py"))
    modules = [file for file in files if file.stem not in _NOT_MODULES]
    stems = Counter(file.stem for file in modules)
    return Shape(
        name=package.name,
        lines=sum(len(file.read_text().splitlines()) for file in files),
        parts=len({file.relative_to(package).parts[0] for file in modules}),
        imports=len(_imports_between_parts(package.name)),
        largest_folder=max(_folders(package, modules), key=lambda each: each[1], default=("", 0)),
        names_twice=tuple(sorted(stem for stem, count in stems.items() if count > 1)),
        longest_function=max((each for file in files for each in _functions(file)), key=lambda each: each[1]),
    )


def dashboard_lines() -> int:
    """Count the lines of the dashboard's sources, without what is generated."""
    listed = subprocess.run(
        ["git", "ls-files", "services/query-api/dashboard/src"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    files = [ROOT / name for name in listed.stdout.split() if not name.endswith("schema.ts")]
    return sum(len(file.read_text().splitlines()) for file in files if file.exists())


def _folders(package: Path, modules: list[Path]) -> Iterator[tuple[str, int]]:
    counts = Counter(file.parent for file in modules)
    for folder, count in counts.items():
        yield str(folder.relative_to(package.parent)), count


def _functions(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield f"{file.stem}.{node.name}", node.end_lineno - node.lineno + 1


def _imports_between_parts(package: str) -> set[tuple[str, str]]:
    graph = grimp.build_graph(package, cache_dir=None)
    pairs = set()
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            pair = _part(importer), _part(imported)
            if pair[0] != pair[1] and "" not in pair:
                pairs.add(pair)
    return pairs


def _part(module: str) -> str:
    return module.split(".")[1] if "." in module else ""
