"""Verifies a version, stores the verdict, counts and logs it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg
import structlog
from common.arc.task_sets import TaskSetError, load_task_set
from common.hub.client import HubClient
from verifier.comparison import Disagreement
from verifier.task_sets import Outputs, read_outputs

from ingester.store import verdicts as store
from ingester.store.verdicts import Claim, Outcome
from ingester.verification.hub_files import HubFiles, RewrittenUpstreamError
from ingester.verification.judgement import (
    ComparedWith,
    Judgement,
    Verdict,
    judge_rows,
    judge_scores,
    with_other_task_set,
)

log = structlog.get_logger(__name__)

# What a value of another type than an ingester writes leads to: found, and no end of the service.
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


@dataclass(frozen=True)
class Verified:
    """What a verification came to, and when by the database's clock."""

    dataset: str
    model: str
    compared_with: ComparedWith
    at: datetime
    judgement: Judgement


@dataclass(frozen=True)
class Verification:
    """Verifies versions of one database; `count` gets what each was compared with, and its verdict."""

    pool: asyncpg.Pool
    hub: HubClient
    tasks_dir: Path | None
    count: Callable[[ComparedWith, Verdict], object]

    async def verify(self, version_id: int, compared_with: ComparedWith) -> Verified | None:
        """Verify a version by its rows or its files; None where it is another one meanwhile.

        Raises TransientError where the Hub does not give what is needed.
        """
        if compared_with == "rows":
            found = await store.claim_with_answers(self.pool, version_id)
            claim, rows = found or (None, [])
        else:
            claim, rows = await store.claim(self.pool, version_id), []
        if claim is None:
            return None
        try:
            if compared_with == "rows":
                judgement = await asyncio.to_thread(self._judge_rows, claim, rows)
            else:
                judgement = await self._judge_files(claim)
        except _UNREADABLE as error:
            judgement = _unreadable(error)
        return await self._settle(claim, compared_with, judgement)

    def _judge_rows(self, claim: Claim, rows: list[asyncpg.Record]) -> Judgement:
        tasks = self._task_set(claim)
        if isinstance(tasks, Judgement):
            return tasks
        outputs, edition = tasks
        return with_other_task_set(judge_rows(claim, rows, outputs), claim, edition)

    async def _judge_files(self, claim: Claim) -> Judgement:
        tasks = await asyncio.to_thread(self._task_set, claim)
        if isinstance(tasks, Judgement):
            return tasks
        outputs, edition = tasks
        files = HubFiles(self.hub, claim, outputs)
        try:
            await files.read()
        except RewrittenUpstreamError as error:
            gone = Disagreement("rewritten_upstream", "revision", claim.revision, None, str(error))
            return Judgement("impossible", 0, (gone,))
        judgement = judge_scores(claim, files.scores, outputs, files.disagreements, files.compared)
        return with_other_task_set(judgement, claim, edition)

    def _task_set(self, claim: Claim) -> tuple[Outputs, str] | Judgement:
        """Return the outputs asked for and their edition, or why nothing can be judged."""
        try:
            return read_outputs(claim.source, self.tasks_dir), load_task_set(claim.source, self.tasks_dir).version
        except (TaskSetError, LookupError) as error:
            missing = Disagreement("task_set_mismatch", "source", claim.source, None, str(error))
            return Judgement("impossible", 0, (missing,))

    async def _settle(self, claim: Claim, compared_with: ComparedWith, judgement: Judgement) -> Verified | None:
        disagreements = judgement.as_json()
        outcome = Outcome(compared_with, judgement.verdict, judgement.figures, json.dumps(disagreements))
        at = await store.store(self.pool, claim, outcome)
        if at is None:
            return None
        self.count(compared_with, judgement.verdict)
        say = log.warning if judgement.verdict == "differs" else log.info
        say(
            "verification.ended",
            dataset=claim.dataset,
            model=claim.model,
            compared_with=compared_with,
            verdict=judgement.verdict,
            figures=judgement.figures,
            disagreements=len(judgement.disagreements),
            first=disagreements[0]["message"] if disagreements else None,
        )
        return Verified(claim.dataset, claim.model, compared_with, at, judgement)


def _unreadable(error: Exception) -> Judgement:
    """Return the judgement on a version whose rows are of no shape that an ingester writes, or a verifier reads."""
    log.error("verification.unreadable", exc_info=error)
    found = Disagreement("wrong_figure", "row", None, None, f"it cannot be read: {type(error).__name__}: {error}")
    return Judgement("differs", 0, (found,))
