"""Verifications from the command line: the ingester's own parts, run in this process against a database and the Hub."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from common.database.pool import open_pool
from common.database.schema import check_migrated
from common.outcomes import TransientError
from ingester import app as ingester
from ingester.metrics import Metrics
from ingester.settings import Settings
from ingester.store.verdicts import VersionKey, current_versions
from ingester.verification.judgement import ComparedWith
from ingester.verification.verification import Verification, Verified

from arcwatch.clients.database import missing
from arcwatch.errors import DeploymentError


@dataclass(frozen=True)
class Unverified:
    """A version of which nothing can be said now: the Hub does not give it."""

    dataset: str
    model: str
    reason: str


async def verify(
    settings: Settings,
    compared_with: ComparedWith,
    dataset: str | None,
    model: str | None,
    on_begin: Callable[[VersionKey, int, int], object],
) -> AsyncIterator[Verified | Unverified]:
    """Yield what each verification comes to; `on_begin` gets the version, its place and how many there are."""
    metrics = Metrics()
    async with (
        open_pool(settings.database_url.get_secret_value(), wait_seconds=0) as pool,
        ingester.hub_client(settings, metrics) as hub,
    ):
        await check_migrated(pool)
        versions = await current_versions(pool, dataset, model)
        if not versions:
            keys = {(each.dataset, each.model) for each in await current_versions(pool, None, None)}
            raise DeploymentError(missing(keys, dataset, model))
        verification = Verification(pool, hub, settings.arc_tasks_dir, metrics.count_verification)
        for place, version in enumerate(versions, 1):
            on_begin(version, place, len(versions))
            try:
                verified = await verification.verify(version.id, compared_with)
            except TransientError as error:
                yield Unverified(version.dataset, version.model, str(error))
            else:
                if verified is not None:
                    yield verified
