"""Which content of a folder is to be ingested: what the Hub has now. An event only says where to look.

Anybody who may publish can name any commit, oid and date in an event, and an old event names old ones: only the Hub's
own answers reach the database. Of an event's words only the trigger and the requester do, as labels.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from common.hub.client import FolderGoneError, Hub, RevisionGoneError
from common.hub.files import REWRITTEN_SECONDS
from common.outcomes import TransientError


@dataclass(frozen=True)
class Target:
    """A folder's content: the commit to read it at, its tree oid, and when it was committed."""

    revision: str
    tree_oid: str
    published_at: datetime | None


class NotThere(Exception):  # noqa: N818 - news, which the caller judges
    """The head of main has no such folder."""


async def from_hub(hub: Hub, dataset: str, model: str) -> Target:
    """Ask the Hub (two requests; three where the folder is not there, which raises NotThere)."""
    with one_history():
        revision = await hub.head(dataset)
        folder = (await hub.describe(dataset, [model], revision)).get(model)
    if folder is None:
        raise NotThere(f"{dataset} has no folder {model} (at commit {revision[:12]})")
    return Target(revision, folder.tree_oid, folder.published_at)


@contextlib.contextmanager
def one_history() -> Iterator[None]:
    """Raise TransientError where a commit vanishes between two questions: the next delivery asks what is there then."""
    try:
        yield
    except (RevisionGoneError, FolderGoneError) as error:
        line = f"the history was rewritten meanwhile: {error}"
        raise TransientError(line, kind="revision_gone", retry_after_seconds=REWRITTEN_SECONDS) from error
