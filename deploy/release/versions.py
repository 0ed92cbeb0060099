"""The version, in every file that names it: there is one for the whole workspace."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SEMVER: Final = r"\d+\.\d+\.\d+"
# Files, and what stands before the version in them.
_PLACES: Final = {
    "pyproject.toml": (r'^version = "', r'^    "arcwatch-[a-z-]+=='),
    "package.json": (r'^  "version": "',),
    "docker-compose.yml": (r"\barcwatch/[a-z-]+:",),
    "kustomization.yaml": (r"\bname: arcwatch/[a-z-]+, newTag: ",),
    ".md": (r"\barcwatch-client-",),
}
_SEARCHED: Final = (
    "docker-compose.yml",
    "deploy/kustomize/**/kustomization.yaml",
    "docs/*.md",
    "services/query-api/dashboard/package.json",
    "services/query-api/dashboard/client/package.json",
    "services/query-api/dashboard/client/README.md",
)


class VersionError(Exception):
    """Versions do not agree, or there is no such version."""


def members(root: Path) -> list[Path]:
    """Return the folders of the workspace's members."""
    settings = tomllib.loads((root / "pyproject.toml").read_text())
    return [root / each for each in settings["tool"]["uv"]["workspace"]["members"]]


def found(root: Path) -> dict[str, set[str]]:
    """Return the versions that each file names, by its path."""
    places = {path: {match[2] for match in _matches(path)} for path in _files(root)}
    return {str(path.relative_to(root)): versions for path, versions in places.items() if versions}


def current(root: Path) -> str:
    """Return the one version; raises a VersionError where files disagree."""
    places = found(root)
    versions = set[str]().union(*places.values())
    if len(versions) != 1:
        listed = "\n".join(f"  {path}: {', '.join(sorted(names))}" for path, names in sorted(places.items()))
        raise VersionError(f"files name several versions; `python -m deploy.release version X.Y.Z` sets one:\n{listed}")
    return versions.pop()


def write(root: Path, version: str) -> list[str]:
    """Set the version in every file that names it, and return their paths."""
    if not re.fullmatch(SEMVER, version):
        raise VersionError(f"{version!r} is no version: give three numbers, as 1.2.3")
    changed = []
    for path in _files(root):
        text = path.read_text()
        new = _pattern(path).sub(rf"\g<1>{version}", text)
        if new != text:
            path.write_text(new)
            changed.append(str(path.relative_to(root)))
    return changed


def _files(root: Path) -> Iterator[Path]:
    yield root / "pyproject.toml"
    for member in members(root):
        yield member / "pyproject.toml"
    for pattern in _SEARCHED:
        yield from sorted(root.glob(pattern))


def _pattern(path: Path) -> re.Pattern[str]:
    before = _PLACES.get(path.name) or _PLACES[path.suffix]
    return re.compile(f"({'|'.join(before)})({SEMVER})(?![0-9])", re.MULTILINE)


def _matches(path: Path) -> Iterator[re.Match[str]]:
    return _pattern(path).finditer(path.read_text())
