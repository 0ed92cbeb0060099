"""One dataset repository: a plain folder, and its history as real git objects."""

import shutil
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from dulwich.errors import NotGitRepository
from dulwich.objects import Commit, ObjectID, ShaFile
from dulwich.repo import Repo

from localhub.errors import HubError
from localhub.repositories.history import History
from localhub.repositories.objects import Entry, ObjectStore
from localhub.repositories.packed import StoredObject
from localhub.repositories.worktree import TEMPORARY, WorkTree

FOUND = "Update files in the folder"  # the message of changes that came without one
NAME_BYTES = 250  # of a file system's 255: a file that is being written has a longer name
PATH_BYTES = 1024
MAIN_NAMES = frozenset({"main", "refs/heads/main", "HEAD"})


@dataclass(frozen=True, slots=True)
class NewCommit:
    """What a push tells webhooks: the branch moved from one commit to another."""

    repo: str
    old: str | None
    new: str


class DatasetRepository:
    """Safe for threads. Whoever asks for `main` gets the folder as it is at that moment."""

    def __init__(
        self,
        name: str,
        folder: Path,
        git_folder: Path,
        lfs_above: int | None,
        on_commit: Callable[[NewCommit], None],
    ) -> None:
        self.name = name
        self.folder = folder
        self._on_commit = on_commit
        self._lock = threading.RLock()
        git = _open(git_folder)
        self._close = weakref.finalize(self, git.close)  # dulwich complains about packs left open
        self._objects = ObjectStore(git, lfs_above)
        self._worktree = WorkTree(folder, self._objects)
        self._history = History(git)
        self._scanned_at = 0

    def close(self) -> None:
        with self._lock:
            self._close()

    def head(self) -> Commit:
        """Commit what changed in the folder, if anything did; answer the newest commit."""
        asked_at = time.monotonic_ns()
        with self._lock:
            # A scan that began after the question was asked answers it too.
            if self._scanned_at <= asked_at or self._history.head is None:
                return self._commit_folder(FOUND, None)
            return self._history.head

    def resolve(self, revision: str) -> Commit:
        if revision in MAIN_NAMES:
            return self.head()
        with self._lock:
            return self._history.get(revision.encode())

    def commit(
        self,
        changes: Mapping[str, bytes | None],
        message: str | None = None,
        date: datetime | None = None,
        *,
        parent: str | None = None,
    ) -> Commit:
        """Write files (None removes a file or a folder) and commit them as one change, after `parent` if that is given.

        Nothing is written when any of it is refused.
        """
        with self._lock:
            if self._history.head or any(self.folder.iterdir()):
                self._commit_folder(FOUND, date)
            if parent and not (self._history.head and self._history.head.id == parent.encode()):
                raise HubError(412, f"A commit has happened since {parent}")
            targets = {self._inside(path): data for path, data in changes.items()}
            _refuse_collisions(targets)
            for target, data in targets.items():
                self._write(target, data)
            return self._commit_folder(message or _describe(changes), date)

    def squash(self) -> Commit:
        """Replace the whole history by one commit of the same content."""
        with self._lock:
            last = self.head()
            message = f"Squash {len(self.commits(last))} commits, the last being {last.id.decode()}"
            return self._append(last.tree, message, None, squash=True)

    def commits(self, commit: Commit) -> list[Commit]:
        """List the commits up to one, newest first."""
        with self._lock:
            return list(self._history.until(commit))

    def last_change(self, path: str, commit: Commit) -> Commit:
        with self._lock:
            return self._history.last_change(path, commit)

    def entry(self, commit: Commit, path: str) -> Entry:
        """Find a file or a folder by its path."""
        with self._lock:
            return self._objects.entry(commit.tree, path)

    def entries(self, commit: Commit, path: str = "", *, recursive: bool = False) -> Sequence[Entry]:
        """List a folder, in the order of paths."""
        with self._lock:
            return self._objects.entries(commit.tree, path, recursive=recursive)

    def read(self, entry: Entry) -> bytes:
        with self._lock:
            return self._objects.read(entry)

    def get_object(self, oid: ObjectID) -> ShaFile | None:
        """Look up any object, whether a branch still leads to it or not; None where there is none."""
        with self._lock:
            return self._objects.get(oid)

    def read_stored(self, oids: Collection[ObjectID]) -> list[StoredObject]:
        """Read objects as a pack holds them; each must be there."""
        with self._lock:
            return self._objects.read_stored(oids)

    def kinds(self, oids: Iterable[ObjectID]) -> dict[ObjectID, int]:
        """Name the kind of each object that is there, as a pack numbers it."""
        with self._lock:
            return self._objects.kinds(oids)

    def is_large(self, size: int) -> bool:
        """Tell whether a file of that size is kept next to the repository, with a pointer to it in git."""
        return self._objects.is_large(size)

    def put_large(self, data: bytes) -> str:
        """Keep a large file's content for a commit to come; answer its sha256."""
        with self._lock:
            return self._objects.put_large(data)

    def read_large(self, sha256: str) -> bytes | None:
        """Read a large file's content, committed or not; None where it never came."""
        with self._lock:
            return self._objects.read_large(sha256)

    def _commit_folder(self, message: str, date: datetime | None) -> Commit:
        started_at = time.monotonic_ns()
        tree = self._worktree.scan()
        head = self._history.head
        if head is None or head.tree != tree:
            head = self._append(tree, message, date)
        self._scanned_at = started_at
        return head

    def _append(self, tree: ObjectID, message: str, date: datetime | None, *, squash: bool = False) -> Commit:
        before = self._history.head
        self._objects.flush()
        commit = self._history.append(tree, message, date, squash=squash)
        self._on_commit(NewCommit(self.name, before.id.decode() if before else None, commit.id.decode()))
        return commit

    def _inside(self, path: str) -> Path:
        parts = PurePosixPath(path).parts
        odd = path.startswith("/") or "\0" in path or len(path.encode()) > PATH_BYTES
        target = self.folder.joinpath(*parts)
        if not parts or odd or ".." in parts or any(len(part.encode()) > NAME_BYTES for part in parts):
            raise ValueError(f"{path!r} is not a path inside a dataset")
        if not target.resolve().is_relative_to(self.folder.resolve()):  # through a link
            raise ValueError(f"{path!r} is not a path inside a dataset")
        return target

    @staticmethod
    def _write(path: Path, data: bytes | None) -> None:
        if data is None:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(TEMPORARY + path.name)
        temporary.write_bytes(data)
        temporary.replace(path)


def _open(folder: Path) -> Repo:
    try:
        return Repo(str(folder))
    except NotGitRepository:
        shutil.rmtree(folder, ignore_errors=True)  # a first start that was cut short
        folder.mkdir(parents=True)
        return Repo.init_bare(folder, default_branch=b"main")


def _refuse_collisions(targets: Mapping[Path, bytes | None]) -> None:
    """Refuse a file where a folder is, and a folder where a file is."""
    removed = {target for target, data in targets.items() if data is None}
    files = targets.keys() - removed
    for target in files:
        taken = [target] if target.is_dir() else [each for each in target.parents if each in files or each.is_file()]
        if taken and not removed.intersection(taken):
            raise HubError(400, f"{taken[0].name!r} cannot be a file and a folder")


def _describe(changes: Mapping[str, bytes | None]) -> str:
    folders = sorted({path.partition("/")[0] for path in changes})
    more = f" and {len(folders) - 1} more" if len(folders) > 1 else ""
    return f"Update {folders[0]}{more}" if folders else "Update nothing"
