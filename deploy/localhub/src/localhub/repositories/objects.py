"""Files and folders as git objects, in a bare repository; large files as LFS pointers next to it."""

import stat
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from dulwich.errors import NotTreeError
from dulwich.lfs import LFSPointer, LFSStore
from dulwich.object_store import iter_tree_contents, tree_lookup_path
from dulwich.objects import Blob, ObjectID, ShaFile, Tree, TreeEntry
from dulwich.repo import Repo

from localhub.errors import EntryNotFoundError
from localhub.repositories.packed import PackedObjects, StoredObject

FEW_OBJECTS = 64  # up to here loose files are quicker to write than a pack, and packs stay few
BUFFER_BYTES = 32 * 1024 * 1024
TREES_KEPT = 256  # downloads of one folder come one after the other
LISTINGS_KEPT = 8  # pages of one listing, too


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or a folder at one revision. `size` is that of the content, not of a pointer; folders have none."""

    path: str
    oid: str
    size: int | None = None
    lfs: LFSPointer | None = None


class ObjectStore:
    """The objects of one dataset repository. Not safe for threads: the repository holds the lock."""

    def __init__(self, git: Repo, lfs_above: int | None = None) -> None:
        self._git = git
        self._lfs = LFSStore.from_repo(git)
        self._lfs_above = lfs_above
        self._contents: dict[ObjectID, tuple[int, LFSPointer | None]] = {}
        self._pending: dict[ObjectID, ShaFile] = {}
        self._pending_bytes = 0
        self._object = lru_cache(TREES_KEPT)(git.object_store.__getitem__)
        self._packed = PackedObjects(git)
        self._listing = lru_cache(LISTINGS_KEPT)(self._list)

    def put_file(self, data: bytes) -> ObjectID:
        """Keep a file's content; answers the oid of its blob (of its pointer, for a large file)."""
        size, pointer = len(data), None
        if self.is_large(size):
            pointer = LFSPointer(self.put_large(data), size)
            data = pointer.to_bytes()
        oid = self._put(Blob.from_string(data))
        self._contents[oid] = size, pointer
        return oid

    def is_large(self, size: int) -> bool:
        """Tell whether a file of that size is kept next to the repository."""
        return self._lfs_above is not None and size > self._lfs_above

    def put_large(self, data: bytes) -> str:
        """Keep a large file's content, before or without a blob that points to it; answers its sha256."""
        return self._lfs.write_object([data])

    def read_large(self, sha256: str) -> bytes | None:
        """Read a large file's content; None where it never came."""
        try:
            with self._lfs.open_object(sha256) as file:
                return file.read()
        except KeyError:
            return None

    def put_tree(self, entries: Iterable[tuple[str, int, ObjectID]]) -> ObjectID:
        """Keep a folder given as (name, mode, oid)."""
        tree = Tree()
        for name, mode, oid in entries:
            tree.add(name.encode(), mode, oid)
        return self._put(tree)

    def flush(self) -> None:
        """Write what was put. Until then nothing may refer to it."""
        pending, self._pending, self._pending_bytes = self._pending, {}, 0
        if len(pending) <= FEW_OBJECTS:
            for item in pending.values():
                self._git.object_store.add_object(item)
        else:
            self._git.object_store.add_objects([(item, None) for item in pending.values()])

    def entry(self, root: ObjectID, path: str) -> Entry:
        """Find a file or a folder by its path."""
        try:
            mode, oid = tree_lookup_path(self._object, root, path.encode())
        except (KeyError, NotTreeError, ValueError) as error:  # ValueError: nothing but slashes
            raise EntryNotFoundError(path) from error
        return self._entry(TreeEntry(path.encode(), mode, oid))

    def entries(self, root: ObjectID, path: str, *, recursive: bool) -> Sequence[Entry]:
        """List a folder, in the order of paths."""
        folder = self.entry(root, path)
        if folder.size is not None:
            raise EntryNotFoundError(path)
        return self._listing(ObjectID(folder.oid.encode()), path.encode(), recursive)

    def read(self, entry: Entry) -> bytes:
        """Read a file's content, from the LFS store where its blob is only a pointer."""
        if entry.lfs is None:
            return self._git[ObjectID(entry.oid.encode())].as_raw_string()
        with self._lfs.open_object(entry.lfs.oid) as file:
            return file.read()

    def get(self, oid: ObjectID) -> ShaFile | None:
        """Look up any object; None where there is none."""
        try:
            return self._object(oid)
        except KeyError:
            return None

    def read_stored(self, oids: Collection[ObjectID]) -> list[StoredObject]:
        """Read objects as a pack holds them; each must be there."""
        return self._packed.read(oids)

    def kinds(self, oids: Iterable[ObjectID]) -> dict[ObjectID, int]:
        """Name the kind of each object that is there, as a pack numbers it."""
        return self._packed.kinds(oids)

    def _put(self, item: ShaFile) -> ObjectID:
        if item.id not in self._pending and item.id not in self._git.object_store:
            self._pending[item.id] = item
            self._pending_bytes += item.raw_length()
            if self._pending_bytes > BUFFER_BYTES:
                self.flush()
        return item.id

    def _list(self, oid: ObjectID, path: bytes, recursive: bool) -> Sequence[Entry]:  # noqa: FBT001 - part of a key
        store = self._git.object_store
        inside = iter_tree_contents(store, oid, include_trees=True) if recursive else cast("Tree", store[oid]).items()
        return sorted((self._entry(item.in_path(path)) for item in inside if item.path), key=lambda entry: entry.path)

    def _entry(self, item: TreeEntry) -> Entry:
        size, pointer = (None, None) if stat.S_ISDIR(item.mode) else self._content(item.sha)
        return Entry(item.path.decode(), item.sha.decode(), size, pointer)

    def _content(self, oid: ObjectID) -> tuple[int, LFSPointer | None]:
        if oid not in self._contents:
            data = self._git[oid].as_raw_string()
            pointer = LFSPointer.from_bytes(data)
            self._contents[oid] = (pointer.size if pointer else len(data)), pointer
        return self._contents[oid]
