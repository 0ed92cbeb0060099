"""Which objects a fetch needs: what the wanted commits reach, less what the client has."""

import stat
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from dulwich.objects import Commit, ObjectID, Tree

from localhub.git.commands import FetchArguments, GitError
from localhub.repositories.repository import DatasetRepository

History = dict[ObjectID, tuple[Commit, int]]
"""Commits, each with its place counted from the head: 1, 2, ..."""


@dataclass(slots=True)
class Selection:
    """The objects to send, in this order, and which commits begin and cease to be ends of the client's history."""

    oids: dict[ObjectID, None] = field(default_factory=dict)
    shallow: list[ObjectID] = field(default_factory=list)
    unshallow: list[ObjectID] = field(default_factory=list)


class Walk:
    """One fetch's way through a repository."""

    def __init__(self, repository: DatasetRepository, fetch: FetchArguments) -> None:
        self._repository = repository
        self._fetch = fetch
        self.common = list(repository.kinds(fetch.haves))

    def select(self) -> Selection:
        """Choose what to send; wanted trees and blobs come whole, whatever the client has."""
        selection, heads = Selection(), list[Commit]()
        kinds = self._repository.kinds(self._fetch.wants)
        for oid in self._fetch.wants:
            match kinds.get(oid):
                case None:
                    raise GitError(f"upload-pack: not our ref {oid.decode()}")
                case Commit.type_num:
                    heads.extend(self._commits([oid]))
                case Tree.type_num:
                    selection.oids.update(dict.fromkeys(self._inside(oid, set())))
                case _:
                    selection.oids[oid] = None
        wanted = self._history(heads, self._fetch.depth, set() if self._fetch.depth else self._fetch.shallow)
        had = self._history(self._commits(self.common), None, self._fetch.shallow)
        self._add_commits([commit for oid, (commit, _) in wanted.items() if oid not in had], had, selection)
        self._add_ends(wanted, selection)
        return selection

    def _add_commits(self, sent: list[Commit], had: History, selection: Selection) -> None:
        """Add commits with what their trees hold and the trees of the neighbouring commits of the client do not."""
        selection.oids.update(dict.fromkeys(commit.id for commit in sent))
        known: set[ObjectID] = set()
        edges = {parent for commit in sent for parent in commit.parents if parent in had} or self.common[:1]
        for edge in self._commits(edges):
            known.update(self._inside(edge.tree, known))
        for commit in sent:
            found = list(self._inside(commit.tree, known))
            selection.oids.update(dict.fromkeys(found))
            known.update(found)

    def _add_ends(self, wanted: History, selection: Selection) -> None:
        if self._fetch.depth is None:
            return
        for oid, (commit, place) in wanted.items():
            ends = place == self._fetch.depth and bool(commit.parents)
            if ends and oid not in self._fetch.shallow:
                selection.shallow.append(oid)
            elif not ends and oid in self._fetch.shallow:
                selection.unshallow.append(oid)

    def _commits(self, oids: Iterable[ObjectID]) -> list[Commit]:
        return [each for oid in oids if isinstance(each := self._repository.get_object(oid), Commit)]

    def _history(self, heads: Iterable[Commit], depth: int | None, ends: Collection[ObjectID]) -> History:
        """Collect commits back to the first, to a depth, or to those after which the client's history ends."""
        found: History = {}
        waiting = deque((head, 1) for head in heads)
        while waiting:
            commit, place = waiting.popleft()
            if commit.id in found:
                continue
            found[commit.id] = commit, place
            if place != depth and commit.id not in ends:
                waiting.extend((parent, place + 1) for parent in self._commits(commit.parents))
        return found

    def _inside(self, tree: ObjectID, known: Collection[ObjectID]) -> Iterator[ObjectID]:
        """Name a tree and all in it that is not known; a known tree is known with all that it holds."""
        waiting = [tree]
        while waiting:
            oid = waiting.pop()
            if oid in known:
                continue
            yield oid
            found = self._repository.get_object(oid)
            for entry in found.items() if isinstance(found, Tree) else ():
                if stat.S_ISDIR(entry.mode):
                    waiting.append(entry.sha)
                elif not self._fetch.without_blobs and entry.sha not in known:
                    yield entry.sha
