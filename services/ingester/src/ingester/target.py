"""Which content of a folder is to be ingested: the event's word where it can be trusted, else the Hub's."""

from dataclasses import dataclass
from datetime import datetime

from common.events import ModelDiscovered
from common.hub import Hub
from common.outcomes import Permanent


@dataclass(frozen=True)
class Target:
    """A folder's content: the commit to read it at, its tree oid, and when it was committed."""

    revision: str
    tree_oid: str
    published_at: datetime | None


def from_event(event: ModelDiscovered) -> Target | None:
    """Return what a watcher's event pins; None where it names no content, or where anybody may have written it."""
    if event.trigger == "manual" or event.revision is None or event.tree_oid is None:
        return None
    return Target(event.revision, event.tree_oid, event.published_at)


async def from_hub(hub: Hub, dataset: str, model: str) -> Target:
    """Ask the Hub (two requests); raise Permanent when the folder is not in the dataset."""
    revision = await hub.head(dataset)
    folder = (await hub.describe(dataset, [model], revision)).get(model)
    if folder is None:
        raise Permanent(f"{dataset} has no folder {model} (at commit {revision[:12]})", kind="folder_gone")
    return Target(revision, folder.tree_oid, folder.published_at)
