"""The plain folder as a git tree: looked at on demand, read only where its stat data changed."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from localhub.repositories.objects import FILE_MODE, FOLDER_MODE, ObjectStore

# File times advance in kernel ticks (up to 10 ms): a file changed this shortly before the scan may change
# again without a new time, so its stat data is not trusted yet (git calls such entries racy).
RACY_NS = 20_000_000
TEMPORARY = ".tmp-"  # files and folders being written; never part of the dataset
IGNORED = frozenset({".git", ".cache", ".huggingface", ".DS_Store"})

_Stamp = tuple[int, int, int, int]
_Entries = tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class _File:
    stamp: _Stamp | None  # None: too fresh to be trusted
    oid: str


@dataclass(frozen=True, slots=True)
class _Folder:
    entries: _Entries
    oid: str


class WorkTree:
    """Turns a folder into git objects. An unchanged folder costs one stat call for each file."""

    def __init__(self, root: Path, store: ObjectStore) -> None:
        self._root = root
        self._store = store
        self._files: dict[str, _File] = {}
        self._folders: dict[str, _Folder] = {}

    def scan(self) -> str:
        """Keep whatever changed since the last scan; answers the oid of the root folder."""
        scan = _Scan(self._store, self._files, self._folders)
        root = scan.folder(str(self._root), "")
        self._files, self._folders = scan.files, scan.folders
        return root.oid


class _Scan:
    """One pass over the folder. What it saw replaces what the last pass saw."""

    def __init__(self, store: ObjectStore, files: dict[str, _File], folders: dict[str, _Folder]) -> None:
        self._store = store
        self._known_files = files
        self._known_folders = folders
        self._trusted_before = time.time_ns() - RACY_NS
        self.files: dict[str, _File] = {}
        self.folders: dict[str, _Folder] = {}

    def folder(self, path: str, relative: str) -> _Folder:
        entries = tuple(sorted(self._entries(path, relative)))
        known = self._known_folders.get(relative)
        if known is None or known.entries != entries:
            known = _Folder(entries, self._store.put_tree(entries))
        self.folders[relative] = known
        return known

    def _entries(self, path: str, relative: str) -> Iterator[tuple[str, int, str]]:
        with os.scandir(path) as items:
            for item in items:
                if _ignored(item.name):
                    continue
                inside = f"{relative}/{item.name}" if relative else item.name
                if item.is_dir(follow_symlinks=False):
                    with suppress(FileNotFoundError):  # removed during the scan: as good as removed before it
                        folder = self.folder(item.path, inside)
                        if folder.entries:  # git knows no empty folders
                            yield item.name, FOLDER_MODE, folder.oid
                elif item.is_file() and (oid := self._file(item, inside)):
                    yield item.name, FILE_MODE, oid

    def _file(self, item: os.DirEntry[str], relative: str) -> str | None:
        try:
            stat = item.stat()
            stamp = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)
            known = self._known_files.get(relative)
            if known is None or known.stamp != stamp:
                known = self._read(item.path, stamp)
        except FileNotFoundError:
            return None
        self.files[relative] = known
        return known.oid

    def _read(self, path: str, stamp: _Stamp) -> _File:
        data = Path(path).read_bytes()
        trusted = max(stamp[0], stamp[1]) < self._trusted_before
        return _File(stamp if trusted else None, self._store.put_file(data))


def _ignored(name: str) -> bool:
    # A name that is not UTF-8 (Python shows it with surrogates) has no place in JSON.
    odd = any("\ud800" <= character <= "\udfff" for character in name)
    return name in IGNORED or name.startswith(TEMPORARY) or odd
