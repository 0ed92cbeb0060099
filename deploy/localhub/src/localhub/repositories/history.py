"""The commits of one branch, and which of them last touched a path."""

from collections.abc import Iterator
from datetime import UTC, datetime

from dulwich.diff_tree import tree_changes
from dulwich.objects import Commit, ObjectID
from dulwich.refs import Ref
from dulwich.repo import Repo

from localhub.errors import RevisionNotFoundError

MAIN = Ref(b"refs/heads/main")
AUTHOR = b"arcwatch hub <hub@localhost>"


def title_of(commit: Commit) -> str:
    message: bytes = commit.message
    return message.partition(b"\n")[0].decode(errors="replace")


def date_of(commit: Commit) -> datetime:
    return datetime.fromtimestamp(commit.commit_time, UTC)


class History:
    """A linear history. Commits that a squash took away are unknown, as on the Hub."""

    def __init__(self, git: Repo) -> None:
        self._git = git
        head = git.refs.read_ref(MAIN)
        walker = git.get_walker([ObjectID(head)]) if head else ()
        self._commits = {entry.commit.id: entry.commit for entry in walker}
        self._changed: dict[ObjectID, set[bytes | None]] = {}
        self.head = self._commits[ObjectID(head)] if head else None

    def get(self, sha: bytes) -> Commit:
        try:
            return self._commits[ObjectID(sha)]
        except KeyError as error:
            raise RevisionNotFoundError(sha.decode()) from error

    def append(self, tree: ObjectID, message: str, date: datetime | None, *, squash: bool) -> Commit:
        """Commit a tree after the head, or instead of all commits; the oid follows from the arguments."""
        commit = Commit()
        commit.tree = tree
        commit.parents = [self.head.id] if self.head and not squash else []
        commit.author = commit.committer = AUTHOR
        commit.author_time = commit.commit_time = int((date or datetime.now(UTC)).timestamp())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        commit.message = message.encode()
        self._git.object_store.add_object(commit)
        self._git.refs.set_if_equals(MAIN, None, commit.id)
        if squash:
            self._commits.clear()
        self._commits[commit.id] = commit
        self.head = commit
        return commit

    def until(self, commit: Commit) -> Iterator[Commit]:
        """Newest first, from the given commit back to the first."""
        yield self.get(commit.id)
        while commit.parents:
            commit = self._commits[commit.parents[0]]
            yield commit

    def last_change(self, path: str, commit: Commit) -> Commit:
        """Find the newest commit, not after the given one, in which the file or anything in the folder changed."""
        return next(each for each in self.until(commit) if path.encode() in self._paths_changed(each))

    def _paths_changed(self, commit: Commit) -> set[bytes | None]:
        if commit.id not in self._changed:
            before = self._commits[commit.parents[0]].tree if commit.parents else None
            changes = tree_changes(self._git.object_store, before, commit.tree, include_trees=True)
            self._changed[commit.id] = {change.new.path for change in changes if change.new}
        return self._changed[commit.id]
