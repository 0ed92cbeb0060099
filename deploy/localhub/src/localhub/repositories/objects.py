"""Files and folders as git objects, in a bare repository; large files as LFS pointers next to it."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dulwich.objects import Blob, ObjectID, ShaFile, Tree
from dulwich.repo import Repo

FILE_MODE = 0o100644
FOLDER_MODE = 0o040000
FEW_OBJECTS = 64  # up to here loose files are quicker to write than a pack, and packs stay few
TREES_KEPT = 256  # downloads of one folder come one after the other
BUFFER_BYTES = 32 * 1024 * 1024
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (\d+)\n")


@dataclass(frozen=True, slots=True)
class LfsPointer:
    """Where the content of a large file is: the sha256 the Hub shows as its ETag."""

    sha256: str
    size: int
    pointer_size: int


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """What a listing says about a file's content. `size` is that of the content, not of a pointer."""

    size: int
    lfs: LfsPointer | None = None


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One name in a folder."""

    name: str
    oid: str
    is_folder: bool


class ObjectStore:
    """The objects of one dataset repository. Not safe for threads: the repository holds the lock."""

    def __init__(self, git: Repo, lfs_above: int | None = None) -> None:
        self._git = git
        self._lfs_above = lfs_above
        self._lfs_folder = Path(git.path) / "lfs" / "objects"
        self._infos: dict[str, BlobInfo] = {}
        self._trees: dict[str, Mapping[str, TreeEntry]] = {}
        self._pending: dict[ObjectID, ShaFile] = {}
        self._pending_bytes = 0

    def put_file(self, data: bytes) -> str:
        """Keep a file's content; answers the oid of its blob (of its pointer, for a large file)."""
        info = BlobInfo(len(data))
        if self._lfs_above is not None and len(data) > self._lfs_above:
            info, data = self._put_large(data)
        blob = Blob.from_string(data)
        self._put(blob)
        oid = blob.id.decode()
        self._infos[oid] = info
        return oid

    def put_tree(self, entries: Iterable[tuple[str, int, str]]) -> str:
        """Keep a folder given as (name, mode, oid)."""
        tree = Tree()
        for name, mode, oid in entries:
            tree.add(name.encode(), mode, ObjectID(oid.encode()))
        self._put(tree)
        return tree.id.decode()

    def put(self, item: ShaFile) -> str:
        self._put(item)
        return item.id.decode()

    def flush(self) -> None:
        """Write what was put. Until then nothing may refer to it."""
        pending, self._pending, self._pending_bytes = self._pending, {}, 0
        if len(pending) <= FEW_OBJECTS:
            for item in pending.values():
                self._git.object_store.add_object(item)
        else:
            self._git.object_store.add_objects([(item, None) for item in pending.values()])

    def tree(self, oid: str) -> Mapping[str, TreeEntry]:
        """Look into a folder: its entries by name."""
        if oid not in self._trees:
            self._trees[oid] = self._read_tree(oid)
            if len(self._trees) > TREES_KEPT:
                del self._trees[next(iter(self._trees))]
        return self._trees[oid]

    def _read_tree(self, oid: str) -> Mapping[str, TreeEntry]:
        tree = self._git[ObjectID(oid.encode())]
        if not isinstance(tree, Tree):
            raise TypeError(f"{oid} is not a folder")
        entries = (TreeEntry(item.path.decode(), item.sha.decode(), item.mode == FOLDER_MODE) for item in tree.items())
        return {entry.name: entry for entry in entries}

    def info(self, oid: str) -> BlobInfo:
        known = self._infos.get(oid)
        if known is None:
            data = self._raw(oid)
            known = self._infos[oid] = _info_of(data)
        return known

    def read(self, oid: str) -> bytes:
        """Read a file's content, fetched from the LFS store where its blob is only a pointer."""
        lfs = self.info(oid).lfs
        return self._raw(oid) if lfs is None else self._large_path(lfs.sha256).read_bytes()

    def _put(self, item: ShaFile) -> None:
        if item.id in self._pending or item.id in self._git.object_store:
            return
        self._pending[item.id] = item
        self._pending_bytes += item.raw_length()
        if self._pending_bytes > BUFFER_BYTES:
            self.flush()

    def _put_large(self, data: bytes) -> tuple[BlobInfo, bytes]:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._large_path(sha256)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {len(data)}\n".encode()
        return BlobInfo(len(data), LfsPointer(sha256, len(data), len(pointer))), pointer

    def _large_path(self, sha256: str) -> Path:
        return self._lfs_folder / sha256[:2] / sha256[2:4] / sha256

    def _raw(self, oid: str) -> bytes:
        return self._git[ObjectID(oid.encode())].as_raw_string()


def _info_of(data: bytes) -> BlobInfo:
    pointer = _POINTER.fullmatch(data)
    if pointer is None:
        return BlobInfo(len(data))
    size = int(pointer[2])
    return BlobInfo(size, LfsPointer(pointer[1].decode(), size, len(data)))
