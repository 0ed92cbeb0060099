"""A folder on the disk as a listing: its files by their path below it, and their bytes. Links do not lead out of it."""

import os
import stat
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

UNREADABLE_FOLDER = "the folder cannot be read"


@dataclass(frozen=True)
class Folder:
    """The files below `path`: the size of each by its path in it. `unread` says why some paths were not looked at."""

    path: Path
    files: Mapping[str, int]
    unread: Mapping[str, str]

    def read(self, name: str) -> bytes:
        """Return the bytes of a file; raise OSError where it cannot be read, or must not be."""
        file = self.path / name
        if file.is_symlink() and not file.resolve().is_relative_to(self.path.resolve()):
            raise OSError("it is a link that leads out of the folder")
        if not stat.S_ISREG(file.stat().st_mode):  # reading a pipe would wait for ever
            raise OSError("it is no file")
        return file.read_bytes()

    def subfolders(self) -> dict[str, "Folder"]:
        """Return the folders directly in this one that hold files, by name."""
        files: dict[str, dict[str, int]] = defaultdict(dict)
        unread: dict[str, dict[str, str]] = defaultdict(dict)
        for path, size in self.files.items():
            name, _, rest = path.partition("/")
            if rest:
                files[name][rest] = size
        for path, reason in self.unread.items():
            name, _, rest = path.partition("/")
            unread[name][rest] = reason
        return {name: Folder(self.path / name, files[name], unread[name]) for name in sorted(files)}


def scan(path: Path) -> Folder:
    """List a folder. What is hidden is left out, as the Hub's clients and the ingester do."""
    files: dict[str, int] = {}
    unread: dict[str, str] = {}

    def refused(error: OSError) -> None:
        unread[_below(path, error.filename)] = f"{UNREADABLE_FOLDER}: {error.strerror}"

    for folder, names, file_names in os.walk(path, onerror=refused):
        for name in _pruned(names):
            if (link := Path(folder, name)).is_symlink():
                unread[_below(path, link)] = "it is a link to a folder: links are not followed"
        for name in file_names:
            file = Path(folder, name)
            files[_below(path, file)] = _size(file)
    return Folder(path, files, unread)


def _pruned(names: list[str]) -> Iterator[str]:
    """Take hidden folders out of the walk, in place; yield the others."""
    names[:] = sorted(name for name in names if not name.startswith("."))
    yield from names


def _below(path: Path, other: str | Path) -> str:
    return Path(other).relative_to(path).as_posix()


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # a broken link: to read it says so
        return 0
