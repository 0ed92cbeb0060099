"""The commits of one branch, oldest first, and which of them last touched a path."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from dulwich.diff_tree import tree_changes
from dulwich.objects import Commit, ObjectID
from dulwich.repo import Repo

AUTHOR = b"arcwatch hub <hub@localhost>"


@dataclass(frozen=True, slots=True)
class CommitRecord:
    """One commit as the Hub's API shows it."""

    sha: str
    tree: str
    date: datetime
    message: str
    author: str

    @property
    def title(self) -> str:
        return self.message.partition("\n")[0]


def make_commit(tree: str, parent: str | None, message: str, date: datetime) -> Commit:
    """Make a commit, in UTC, whose oid follows from the arguments alone."""
    commit = Commit()
    commit.tree = ObjectID(tree.encode())
    commit.parents = [ObjectID(parent.encode())] if parent else []
    commit.author = commit.committer = AUTHOR
    commit.author_time = commit.commit_time = int(date.timestamp())
    commit.author_timezone = commit.commit_timezone = 0
    commit.encoding = b"UTF-8"
    commit.message = message.encode()
    return commit


def record_of(commit: Commit) -> CommitRecord:
    return CommitRecord(
        sha=commit.id.decode(),
        tree=commit.tree.decode(),
        date=datetime.fromtimestamp(commit.commit_time, UTC),
        message=commit.message.decode(errors="replace"),
        author=commit.author.partition(b" <")[0].decode(errors="replace"),
    )


class History:
    """A linear history. Commits that a squash took away are unknown, as on the Hub."""

    def __init__(self, git: Repo, head: str | None) -> None:
        self._git = git
        self._commits: list[CommitRecord] = list(_walk(git, head))[::-1]
        self._reindex()

    def __len__(self) -> int:
        return len(self._commits)

    @property
    def head(self) -> CommitRecord | None:
        return self._commits[-1] if self._commits else None

    def get(self, sha: str) -> CommitRecord | None:
        position = self._positions.get(sha)
        return None if position is None else self._commits[position]

    def append(self, record: CommitRecord) -> None:
        self._positions[record.sha] = len(self._commits)
        self._commits.append(record)

    def restart_from(self, record: CommitRecord) -> None:
        """Forget everything before this commit."""
        self._commits = [record]
        self._reindex()

    def until(self, sha: str) -> list[CommitRecord]:
        """Newest first, from the given commit back to the first."""
        return self._commits[self._positions[sha] :: -1]

    def last_change(self, path: str, sha: str) -> CommitRecord:
        """Find the newest commit, not after `sha`, in which the file or anything in the folder changed."""
        position = self._positions[sha]
        while self._indexed <= position:
            self._index_next()
        changes = self._changes[path]
        return self._commits[changes[bisect_right(changes, position) - 1]]

    def _reindex(self) -> None:
        self._positions = {record.sha: position for position, record in enumerate(self._commits)}
        self._changes: defaultdict[str, list[int]] = defaultdict(list)
        self._indexed = 0

    def _index_next(self) -> None:
        position = self._indexed
        before = ObjectID(self._commits[position - 1].tree.encode()) if position else None
        after = ObjectID(self._commits[position].tree.encode())
        touched: set[str] = set()
        for change in tree_changes(self._git.object_store, before, after):
            for side in (change.old, change.new):
                if side is not None and side.path is not None:
                    touched.update(_with_parents(side.path.decode()))
        for path in touched:
            self._changes[path].append(position)
        self._indexed += 1


def _walk(git: Repo, head: str | None) -> Iterator[CommitRecord]:
    oid = ObjectID(head.encode()) if head else None
    while oid is not None:
        commit = git[oid]
        if not isinstance(commit, Commit):
            raise TypeError(f"{oid.decode()} is not a commit")
        yield record_of(commit)
        oid = commit.parents[0] if commit.parents else None


def _with_parents(path: str) -> Iterator[str]:
    yield path
    for parent in PurePosixPath(path).parents:
        if parent.name:
            yield str(parent)
