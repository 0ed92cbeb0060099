"""The plain folder as a git tree: looked at on demand, read only where its stat data changed."""

import os
import time
from pathlib import Path

from dulwich.objects import ObjectID, Tree

from localhub.repositories.objects import ObjectStore

FILE_MODE = 0o100644
FOLDER_MODE = 0o040000
# File times advance in kernel ticks (up to 10 ms): a file changed this shortly before the scan may change
# again without a new time, so its stat data is not trusted yet (git calls such entries racy).
RACY_NS = 20_000_000
TEMPORARY = ".tmp-"  # files and folders being written; never part of the dataset
IGNORED = frozenset({".git", ".cache", ".huggingface", ".DS_Store"})
_EMPTY = Tree().id


class WorkTree:
    """Turns a folder into git objects. An unchanged folder costs one stat call for each file."""

    def __init__(self, root: Path, objects: ObjectStore) -> None:
        self._root = root
        self._objects = objects
        self._trusted_before = 0
        # By path, of the last scan and of this one: stat data of a file or entries of a folder, and the oid.
        self._known: dict[str, tuple[object, ObjectID]] = {}
        self._seen: dict[str, tuple[object, ObjectID]] = {}

    def scan(self) -> ObjectID:
        """Keep whatever changed since the last scan; answers the oid of the root folder."""
        self._known, self._seen = self._seen, {}
        self._trusted_before = time.time_ns() - RACY_NS
        return self._folder(str(self._root))

    def _folder(self, path: str) -> ObjectID:
        with os.scandir(path) as items:
            entries = sorted(entry for item in items if not is_ignored(item.name) and (entry := self._entry(item)))
        oid = self._unchanged(path, entries) or self._objects.put_tree(entries)
        self._seen[path] = entries, oid
        return oid

    def _entry(self, item: os.DirEntry[str]) -> tuple[str, int, ObjectID] | None:
        try:
            if item.is_dir(follow_symlinks=False):
                oid = self._folder(item.path)
                return None if oid == _EMPTY else (item.name, FOLDER_MODE, oid)  # git knows no empty folders
            return (item.name, FILE_MODE, self._file(item)) if item.is_file() else None
        except FileNotFoundError:  # removed during the scan: as good as removed before it
            return None

    def _file(self, item: os.DirEntry[str]) -> ObjectID:
        stat = item.stat()
        stamp = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)
        oid = self._unchanged(item.path, stamp) or self._objects.put_file(Path(item.path).read_bytes())
        if max(stat.st_mtime_ns, stat.st_ctime_ns) < self._trusted_before:
            self._seen[item.path] = stamp, oid
        return oid

    def _unchanged(self, path: str, made_of: object) -> ObjectID | None:
        known, oid = self._known.get(path, (None, None))
        return oid if known == made_of else None


def is_ignored(name: str) -> bool:
    """Tell whether a file or folder of this name is no part of the dataset."""
    # A name that is not UTF-8 (Python shows it with surrogates) has no place in JSON.
    odd = not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name)
    return name in IGNORED or name.startswith(TEMPORARY) or odd
