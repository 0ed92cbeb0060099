"""Where the figures of a version come from: links to the Hub, rules, edition of the task set. Pure."""

from typing import Literal
from urllib.parse import quote

from common.arc.rules import RULES, RULES_VERSION

from query_api.schemas.model_detail import Version
from query_api.schemas.origins import FileOrigin, Provenance
from query_api.store.rows import Key, ScoredBy, TaskResult
from query_api.view.task_sets import TaskIndex


def hub_page(endpoint: str, kind: Literal["blob", "tree"], dataset: str, revision: str, path: str = "") -> str:
    """Return where a file or folder is looked at on the Hub, at one commit."""
    below = f"/{quote(path)}" if path else ""
    return f"{endpoint}/datasets/{quote(dataset)}/{kind}/{quote(revision, safe='')}{below}"


def file_origin(endpoint: str, key: Key, revision: str, result: TaskResult | None) -> FileOrigin:
    """Return the file behind a result."""
    if result is None:
        return FileOrigin()
    dataset, model = key
    url = hub_page(endpoint, "blob", dataset, revision, f"{model}/{result.path}") if result.path else None
    return FileOrigin(path=result.path, blob_oid=result.blob_oid, hub_url=url)


def provenance(endpoint: str, key: Key, scored: ScoredBy, tasks: TaskIndex | None) -> Provenance:
    """Return where the current version's figures come from."""
    dataset, model = key
    return Provenance(
        run_id=scored.run_id,
        revision=scored.revision,
        hub_url=hub_page(endpoint, "tree", dataset, scored.revision, model),
        rules_version=scored.rules_version,
        rules=None if scored.rules_version is None else RULES.get(scored.rules_version),
        rules_version_today=RULES_VERSION,
        task_set_version=scored.task_set_version,
        task_set_version_today=tasks.version if tasks else None,
        task_set_current=is_current(scored.task_set_version, tasks),
    )


def with_origin(version: Version, endpoint: str, dataset: str, tasks: TaskIndex | None) -> Version:
    """Return a version with a link to its commit; in an older one the folder may have had another name."""
    current = is_current(version.task_set_version, tasks)
    url = hub_page(endpoint, "tree", dataset, version.revision)
    return version.model_copy(update={"hub_url": url, "task_set_current": current})


def is_current(task_set_version: str | None, tasks: TaskIndex | None) -> bool | None:
    """Tell whether an edition is the one that this server has; None where one of both is not known."""
    return None if task_set_version is None or tasks is None else task_set_version == tasks.version
