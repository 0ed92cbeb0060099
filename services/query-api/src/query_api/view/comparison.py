"""Submissions compared task by task: their tasks are read once, and give standings and the outcomes of each task."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace

from query_api.store.rows import Key, VersionTasks
from query_api.view.by_task.outcomes import OutcomeTable
from query_api.view.snapshot import View
from query_api.view.standings import Standings

# Submissions whose tasks one statement reads: at a start with thousands each stays far below its limit.
READ_AT_ONCE = 200


class Comparison:
    """Reads the tasks of a view's submissions, and adds to the view what comes of them, as far as it is known."""

    def __init__(
        self,
        *,
        read_tasks: Callable[[Collection[Key]], Awaitable[Mapping[Key, VersionTasks]]],
        standings: Standings,
        outcomes: OutcomeTable,
    ) -> None:
        self._read_tasks = read_tasks
        self._standings = standings
        self._outcomes = outcomes

    def complete(self, *, readable: bool) -> bool:
        """Tell whether nothing is left to compare, nor, where the database is readable, to read."""
        return self._standings.complete and (self._outcomes.complete or not readable)

    async def read_unread(self, view: View) -> None:
        """Read the tasks of submissions that are new or differ from what was compared."""
        unread = list(self._standings.unread(view.submissions.values()))
        self._outcomes.keep(view.submissions.values())
        for start in range(0, len(unread), READ_AT_ONCE):
            part = unread[start : start + READ_AT_ONCE]
            found = await self._read_tasks([each.key for each in part])
            self._standings.learn(part, found)
            self._outcomes.learn(part, found)
        await self.read_more()

    async def read_more(self) -> None:
        """Read some of the answers that the tasks' pages show."""
        await self._outcomes.read_more()

    async def of(self, view: View, *, references: Collection[Key]) -> View:
        """Return a view with its standings, as far as they are known within a short time; references have none."""
        rivals = [each for each in view.submissions.values() if each.key not in references]
        standings = await asyncio.to_thread(self._standings.of, rivals)
        return replace(view, standings=standings, outcomes=self._outcomes.of(view.submissions.values()))
