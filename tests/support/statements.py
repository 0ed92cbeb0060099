"""The SQL statements of a service: constants of the modules that hold nothing else."""

import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType


def named(module: ModuleType) -> dict[str, str]:
    """Return a module's statements by their names."""
    return {name: text for name, text in vars(module).items() if name.isupper() and isinstance(text, str)}


def every(module: ModuleType) -> Iterable[str]:
    """Return the statements without names."""
    return named(module).values()


def unused(module: ModuleType, package: Path) -> set[str]:
    """Return the statements that no other module of a package names, as `sql.NAME`."""
    texts = [path.read_text() for path in package.rglob("*.py") if str(path) != module.__file__]
    return named(module).keys() - {name for text in texts for name in re.findall(r"\bsql\.([A-Z_]+)\b", text)}
