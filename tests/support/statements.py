"""The SQL of a service: constants of modules that hold nothing else, each of them used, and none elsewhere."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

_SQL = re.compile(r"\s*(--.*\n\s*)*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE)\s")


@dataclass(frozen=True)
class Sql:
    """A service's package, and its modules of statements."""

    package: ModuleType
    modules: tuple[ModuleType, ...]

    def statements(self) -> dict[str, str]:
        """Return module.NAME -> SQL of all public constants; those of a mapping are module.NAME.key."""
        return {name: text for module in self.modules for name, text in _constants(module)}

    def unused(self) -> set[str]:
        """Return module.NAME of the statements that no other module of the package names."""
        named = {".".join(name.split(".")[:2]) for name in self.statements()}
        return named - {name for tree in self._trees().values() for name in _names(tree)}

    def elsewhere(self) -> list[str]:
        """Return the texts in other modules of the package that are SQL."""
        return [
            f"{path.name}: {node.value}"
            for path, tree in self._trees().items()
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.match(node.value)
        ]

    def _trees(self) -> dict[Path, ast.Module]:
        holders = {Path(module.__file__ or "") for module in self.modules}
        paths = Path(next(iter(self.package.__path__))).rglob("*.py")
        return {path: ast.parse(path.read_text()) for path in paths if path not in holders}


def _constants(module: ModuleType) -> Iterator[tuple[str, str]]:
    group = module.__name__.rpartition(".")[2]
    for name, value in vars(module).items():
        if name.isupper() and not name.startswith("_"):
            several = value.items() if isinstance(value, Mapping) else [("", value)]
            texts = [(key, text) for key, text in several if isinstance(text, str)]
            yield from ((f"{group}.{name}" + (f".{key}" if key else ""), text) for key, text in texts)


def _names(tree: ast.Module) -> Iterator[str]:
    """Yield module.NAME for each NAME of what a module imports, under whatever name."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    groups = {alias.asname or alias.name: alias.name for node in imports for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in groups:
            yield f"{groups[node.value.id]}.{node.attr}"
