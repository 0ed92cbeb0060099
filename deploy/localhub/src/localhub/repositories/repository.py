"""One dataset repository: a plain folder, and its history as real git objects."""

import shutil
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from dulwich.errors import NotGitRepository
from dulwich.refs import Ref
from dulwich.repo import Repo

from localhub.errors import EntryNotFoundError, RevisionNotFoundError
from localhub.repositories.history import CommitRecord, History, make_commit, record_of
from localhub.repositories.objects import BlobInfo, ObjectStore, TreeEntry
from localhub.repositories.worktree import TEMPORARY, WorkTree

MAIN = Ref(b"refs/heads/main")
FOUND = "Update files in the folder"  # the message of changes that came without one
LISTINGS_KEPT = 8  # pages of one listing come one after the other
MAIN_NAMES = frozenset({"main", "refs/heads/main", "HEAD"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or a folder at one revision. Folders have no `blob`."""

    path: str
    oid: str
    blob: BlobInfo | None


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
        *,
        lfs_above: int | None = None,
        on_commit: Callable[[NewCommit], None] = lambda _commit: None,
    ) -> None:
        self.name = name
        self.folder = folder
        self._on_commit = on_commit
        self._lock = threading.RLock()
        self._git = _open(git_folder)
        self._close = weakref.finalize(self, self._git.close)  # dulwich complains about packs left open
        self._objects = ObjectStore(self._git, lfs_above)
        self._worktree = WorkTree(folder, self._objects)
        head = self._git.refs.read_ref(MAIN)
        self._history = History(self._git, head.decode() if head else None)
        self._scanned_at = 0
        self._listings: dict[tuple[str, str, bool], list[Entry]] = {}

    def close(self) -> None:
        with self._lock:
            self._close()

    def head(self) -> CommitRecord:
        """Commit what changed in the folder, if anything did; answer the newest commit."""
        asked_at = time.monotonic_ns()
        with self._lock:
            # A scan that began after the question was asked answers it too.
            if self._scanned_at <= asked_at or self._history.head is None:
                return self._commit_folder(FOUND, None)
            return self._history.head

    def resolve(self, revision: str) -> CommitRecord:
        if revision in MAIN_NAMES:
            return self.head()
        with self._lock:
            record = self._history.get(revision)
        if record is None:
            raise RevisionNotFoundError(revision)
        return record

    def commit(
        self, changes: Mapping[str, bytes | None], message: str | None = None, date: datetime | None = None
    ) -> CommitRecord:
        """Write files (None removes a file or a folder) and commit them as one change."""
        with self._lock:
            self._catch_up(date)
            for path, data in changes.items():
                self._write(self._inside(path), data)
            return self._commit_folder(message or _describe(changes), date)

    def squash(self) -> CommitRecord:
        """Replace the whole history by one commit of the same content."""
        with self._lock:
            before = self._catch_up(None) or self.head()
            message = f"Squash {len(self._history)} commits, the last being {before.sha}"
            record = self._write_commit(before.tree, None, message, None)
            self._history.restart_from(record)
            self._on_commit(NewCommit(self.name, before.sha, record.sha))
            return record

    def commits(self, revision: str) -> list[CommitRecord]:
        """List the commits up to a revision, newest first."""
        with self._lock:
            return self._history.until(self.resolve(revision).sha)

    def first_commit(self) -> CommitRecord:
        return self.commits("main")[-1]

    def last_change(self, path: str, commit: CommitRecord) -> CommitRecord:
        with self._lock:
            if self._history.get(commit.sha) is None:
                raise RevisionNotFoundError(commit.sha)
            return self._history.last_change(path, commit.sha)

    def entry(self, commit: CommitRecord, path: str) -> Entry:
        """Find a file or a folder by its path."""
        where = PurePosixPath(path)
        with self._lock:
            item = self._objects.tree(self._folder_oid(commit, where.parent)).get(where.name)
            if item is None:
                raise EntryNotFoundError(path)
            return self._entry(item, where.parent)

    def find(self, commit: CommitRecord, path: str) -> Entry | None:
        try:
            return self.entry(commit, path)
        except EntryNotFoundError:
            return None

    def entries(self, commit: CommitRecord, path: str = "", *, recursive: bool = False) -> Sequence[Entry]:
        """List a folder, in the order of paths."""
        with self._lock:
            oid = self._folder_oid(commit, PurePosixPath(path))
            key = (oid, path, recursive)
            if key not in self._listings:
                found = self._entries(oid, PurePosixPath(path), recursive=recursive)
                self._listings[key] = sorted(found, key=lambda entry: entry.path)
                if len(self._listings) > LISTINGS_KEPT:
                    self._listings.pop(next(iter(self._listings)))
            return self._listings[key]

    def read(self, entry: Entry) -> bytes:
        with self._lock:
            return self._objects.read(entry.oid)

    def _catch_up(self, date: datetime | None) -> CommitRecord | None:
        """Commit what others changed in the folder; an empty new dataset needs none."""
        if self._history.head is None and not any(self.folder.iterdir()):
            return None
        return self._commit_folder(FOUND, date)

    def _commit_folder(self, message: str, date: datetime | None) -> CommitRecord:
        started_at = time.monotonic_ns()
        tree = self._worktree.scan()
        head = self._history.head
        if head is None or head.tree != tree:
            record = self._write_commit(tree, head.sha if head else None, message, date)
            self._history.append(record)
            self._on_commit(NewCommit(self.name, head.sha if head else None, record.sha))
            head = record
        self._scanned_at = started_at
        return head

    def _write_commit(self, tree: str, parent: str | None, message: str, date: datetime | None) -> CommitRecord:
        commit = make_commit(tree, parent, message, date or datetime.now(UTC))
        self._objects.put(commit)
        self._objects.flush()
        self._git.refs.set_if_equals(MAIN, None, commit.id)
        return record_of(commit)

    def _folder_oid(self, commit: CommitRecord, path: PurePosixPath) -> str:
        oid = commit.tree
        for name in path.parts:
            found = self._objects.tree(oid).get(name)
            if found is None or not found.is_folder:
                raise EntryNotFoundError(str(path))
            oid = found.oid
        return oid

    def _entries(self, oid: str, path: PurePosixPath, *, recursive: bool) -> list[Entry]:
        found = []
        for item in self._objects.tree(oid).values():
            entry = self._entry(item, path)
            found.append(entry)
            if recursive and item.is_folder:
                found.extend(self._entries(item.oid, path / item.name, recursive=True))
        return found

    def _entry(self, item: TreeEntry, parent: PurePosixPath) -> Entry:
        path = str(parent / item.name)
        return Entry(path, item.oid, None if item.is_folder else self._objects.info(item.oid))

    def _inside(self, path: str) -> Path:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts:
            raise ValueError(f"{path!r} is not a path inside a dataset")
        return self.folder.joinpath(*parts)

    @staticmethod
    def _write(path: Path, data: bytes | None) -> None:
        if data is None:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
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


def _describe(changes: Mapping[str, bytes | None]) -> str:
    folders = sorted({path.partition("/")[0] for path in changes})
    more = f" and {len(folders) - 1} more" if len(folders) > 1 else ""
    return f"Update {folders[0]}{more}" if folders else "Update nothing"
