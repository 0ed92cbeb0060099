"""A model's folder as the Hub has it now: a commit at which it is so, its files there, and since when its answers are.

Two requests tell of nearly every folder: what main has at its path, and the files at the commit that changed it last.
An event's commit is not needed for it: the listing there makes the tree oid that main has, or does not count.

Where git is asked for the files next, by their names, no commit is needed for that: both are asked for at once then,
the files as main has them. Whatever makes the tree oid are its files; which commit changed them last is the Hub's word.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from common.arc.task_sets import TaskSet
from common.hub.client import PATHS_PER_REQUEST, HubClient
from common.hub.downloads import RemoteFile
from common.hub.entries import Listing
from common.hub.responses import RevisionGoneError
from common.process.task_group import task_group

from ingester.download.plan import Plan


@dataclass(frozen=True)
class Target:
    """A folder's content: the commit to read it at, its tree oid, and when it was committed.

    `changed_then` are files, of those that were asked about, that were committed at that date, too. `files` are all of
    its files, where they are known already.
    """

    revision: str
    tree_oid: str
    published_at: datetime | None
    changed_then: frozenset[str] = frozenset()
    files: tuple[RemoteFile, ...] = ()


@dataclass(frozen=True)
class Upstream:
    """The Hub's side of one model."""

    hub: HubClient
    dataset: str
    model: str
    tasks: TaskSet

    async def find(self, *, lists: bool = False) -> tuple[str, Target | None]:
        """Return the commit that was looked at, and the folder there; None where two answers leave it out.

        `lists` says that the files are needed as well: where they come by pack, they are listed at the same time.
        """
        lists = lists and self.hub.transports.current(self.dataset) == "pack"
        async with task_group() as group:
            listing = group.create_task(self.hub.listing(self.dataset, self.model)) if lists else None
            target = await self._as_changed_last()
        if target is not None:
            return target.revision, await self._with_files(target, listing.result() if listing else None)
        revision = await self.hub.head(self.dataset)
        return revision, await self._at(revision)

    async def _with_files(self, target: Target, listing: Listing | None) -> Target:
        if listing is None or not await asyncio.to_thread(listing.makes, target.tree_oid):
            return target
        return replace(target, files=tuple(listing.files))

    async def _as_changed_last(self) -> Target | None:
        """Return the folder that main has, at the commit that changed it last; None where the answer does not say."""
        # Most folders come in one commit: then two of their answers spare the question for the date of all.
        ids = sorted(self.tasks.tasks)
        answers = {f"{self.model}/{task_id}.json" for task_id in (ids[0], ids[-1])}
        found = await self.hub.paths_info(self.dataset, [self.model, *answers])
        folder = found.get(self.model)
        if folder is None or folder.tree_oid is None or folder.last_commit is None:
            return None
        changed_then = {path for path in answers & found.keys() if found[path].changed_at == folder.changed_at}
        return Target(folder.last_commit, folder.tree_oid, folder.changed_at, frozenset(changed_then))

    async def _at(self, revision: str) -> Target | None:
        folder = (await self.hub.describe(self.dataset, [self.model], revision)).get(self.model)
        return Target(revision, folder.tree_oid, folder.published_at) if folder else None

    async def files(self, target: Target) -> tuple[Target, list[RemoteFile]]:
        """Return the folder's files, and the target with the commit at which they were listed.

        The head of main counts where the listing at the target's commit does not make its tree oid; raises
        RevisionGoneError where main has another content by then.
        """
        if not target.files:
            listing = await self.hub.listing(self.dataset, self.model, target.revision)
            target = await self._with_files(target, listing)
        if target.files:
            return target, list(target.files)
        now = await self._at(await self.hub.head(self.dataset))
        if now is None or now.tree_oid != target.tree_oid:
            raise RevisionGoneError(f"{self.dataset}: {self.model} changed while it was listed")
        return now, await self.hub.files(self.dataset, self.model, now.revision, now.tree_oid)

    async def missing(self, names: list[str]) -> list[str]:
        """Return which of these folders main does not have now."""
        there = await self.hub.describe(self.dataset, names, await self.hub.head(self.dataset)) if names else {}
        return [name for name in names if name not in there]

    async def dated(self, target: Target, plan: Plan) -> Target:
        """Return the target with the date at which its answers were committed, and not what lies beside them."""
        until = target.published_at
        answers = {f"{self.model}/{path}" for path in plan.paths.values()}
        beside = {f"{self.model}/{path}" for path in plan.skipped}
        if until is None or not beside or answers & target.changed_then:
            return target
        dates: dict[str, datetime] = {}
        paths = [*sorted(beside), *sorted(answers)]
        for end in range(PATHS_PER_REQUEST, len(paths) + PATHS_PER_REQUEST, PATHS_PER_REQUEST):
            found = await self.hub.paths_info(self.dataset, paths[end - PATHS_PER_REQUEST : end], target.revision)
            dates |= {path: each.changed_at for path, each in found.items() if each.changed_at}
            changed_then = {path for path, date in dates.items() if date >= until}
            if answers & changed_then or (end >= len(beside) and not beside & changed_then):
                return target
        return replace(target, published_at=max((dates[path] for path in answers & dates.keys()), default=until))
