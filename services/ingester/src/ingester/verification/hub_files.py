"""What a version's files on the Hub score: each is fetched, verified by its hash, scored, and let go of."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, field

from common.hub.client import HubClient
from common.hub.downloads import RemoteFile
from common.hub.pack_downloads import admit_all
from common.hub.responses import RevisionGoneError
from common.process.task_group import task_group
from verifier.comparison import Disagreement
from verifier.reports import compare_report, count_claims, read_report
from verifier.rules import TaskScore
from verifier.submissions import Choice, choose, score_file
from verifier.task_sets import Outputs

from ingester.store.verdicts import Claim

# Ingestions have most of the connections: no person waits for a verification.
_AT_ONCE = 4


class RewrittenUpstreamError(Exception):
    """The Hub does not have this content any more: its history was rewritten, or the folder is gone."""


@dataclass
class HubFiles:
    """The files that count of one version, and what they score."""

    hub: HubClient
    claim: Claim
    outputs: Outputs
    scores: dict[str, TaskScore] = field(default_factory=dict)
    disagreements: list[Disagreement] = field(default_factory=list)
    compared: int = 0
    """Figures of the submission's own report."""

    async def read(self) -> None:
        """Score every file; raise RewrittenUpstreamError where they are gone, TransientError where the Hub is away."""
        revision, listed = await self._listing()
        files = {file.path.removeprefix(f"{self.claim.model}/"): file for file in listed}
        choice = choose(self.claim.model, files, self.outputs, self.claim.source)
        paths = {files[path]: path for path in choice.answers if self._is_to_be_read(choice, path)}
        await self._score_packed(choice, paths)
        left = iter(paths.values())
        async with task_group() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._score(revision, choice, files, left))
        if choice.report:
            await self._compare_report(revision, files[choice.report])

    async def _listing(self) -> tuple[str, list[RemoteFile]]:
        claim = self.claim
        try:
            return claim.revision, await self.hub.files(claim.dataset, claim.model, claim.revision, claim.tree_oid)
        except RevisionGoneError:
            head = await self.hub.head(claim.dataset)
            folder = (await self.hub.describe(claim.dataset, [claim.model], head)).get(claim.model)
            if folder is None or folder.tree_oid != claim.tree_oid:
                raise RewrittenUpstreamError(f"the Hub has the commit {claim.revision[:12]} no more") from None
            return head, await self.hub.files(claim.dataset, claim.model, head, claim.tree_oid)

    def _is_to_be_read(self, choice: Choice, path: str) -> bool:
        """Leave out what the ingestion could not read: it says so itself."""
        tasks = {task_id for task_id, each in choice.tasks.items() if each == path}
        if not (tasks | {path}) & self.claim.unread:
            return True
        message = "the ingestion did not read this file: too large, too complex, or the Hub did not give it"
        self.disagreements.append(Disagreement("unread_file", path, None, None, message))
        return False

    async def _score_packed(self, choice: Choice, paths: dict[RemoteFile, str]) -> None:
        """Score the files that a pack brings, and take them out of `paths`."""
        async with aclosing(self.hub.download_pack(self.claim.dataset, tuple(paths), admit_all)) as pack:
            async for file, body in pack:
                self.scores |= await asyncio.to_thread(score_file, choice, paths.pop(file), body, self.outputs)

    async def _score(self, revision: str, choice: Choice, files: dict[str, RemoteFile], paths: Iterator[str]) -> None:
        for path in paths:
            body = await self.hub.download(self.claim.dataset, revision, files[path])
            self.scores |= await asyncio.to_thread(score_file, choice, path, bytes(body), self.outputs)

    async def _compare_report(self, revision: str, file: RemoteFile) -> None:
        report = read_report(bytes(await self.hub.download(self.claim.dataset, revision, file)))
        if report is not None:
            self.compared = count_claims(report)
            self.disagreements += compare_report(report, self.scores)
