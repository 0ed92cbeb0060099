"""Which content of a folder is to be ingested: what the Hub has now. An event only says where to look.

Every publisher can name any commit, oid and date in an event, and an old event names old ones: only the Hub's
own answers reach the database. Of an event's words only the trigger and the requester do, as labels.
"""

from dataclasses import dataclass
from datetime import datetime

from common.hub.client import HubClient


@dataclass(frozen=True)
class Target:
    """A folder's content: the commit to read it at, its tree oid, and when it was committed."""

    revision: str
    tree_oid: str
    published_at: datetime | None


class FolderMissingError(Exception):
    """The head of main has no such folder: news, which the caller judges."""


async def resolve_target(hub: HubClient, dataset: str, model: str) -> Target:
    """Ask the Hub (two requests; three where the folder is not there, which raises FolderMissingError)."""
    revision = await hub.head(dataset)
    folder = (await hub.describe(dataset, [model], revision)).get(model)
    if folder is None:
        raise FolderMissingError(f"{dataset} has no folder {model} (at commit {revision[:12]})")
    return Target(revision, folder.tree_oid, folder.published_at)
