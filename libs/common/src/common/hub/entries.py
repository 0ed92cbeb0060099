"""The entries of a listing: read by the official client, in our own shapes. Knows no token and no retries."""

from dataclasses import dataclass
from datetime import datetime

from huggingface_hub import HfApi, RepoFile, RepoFolder

from common.git.trees import Entry, is_tree
from common.hub.downloads import RemoteFile


@dataclass(frozen=True)
class Folder:
    """A model folder: the git oid of its content, and when it last changed (None: not asked)."""

    name: str
    tree_oid: str
    published_at: datetime | None = None


@dataclass(frozen=True)
class PathInfo:
    """What a dataset has at a path: its tree oid where it is a folder, and the commit that changed it last."""

    tree_oid: str | None = None
    last_commit: str | None = None
    changed_at: datetime | None = None


def read_below(
    dataset: str, path: str, revision: str, tree_oid: str | None, api: HfApi
) -> tuple[list[RepoFile | RepoFolder], bool]:
    """Return what is listed below a folder, in a comparable order, and whether that makes the folder's oid."""
    found = list(api.list_repo_tree(dataset, path, recursive=True, revision=revision, repo_type="dataset"))
    verified = any(isinstance(entry, RepoFile) for entry in found) and (
        tree_oid is None or is_tree(tree_oid, path, map(_in_tree, found))
    )
    return sorted(found, key=lambda entry: entry.path), verified


def _in_tree(entry: RepoFile | RepoFolder) -> Entry:
    if isinstance(entry, RepoFolder):
        return Entry(entry.path, entry.tree_id)
    return Entry(entry.path, entry.blob_id, entry.size)


def as_path_info(entry: RepoFile | RepoFolder) -> PathInfo:
    """Return what a listing says of a path, with its last commit where that was asked for."""
    tree_oid = entry.tree_id if isinstance(entry, RepoFolder) else None
    last = entry.last_commit
    return PathInfo(tree_oid, last.oid, last.date) if last else PathInfo(tree_oid)


def as_file(entry: RepoFile) -> RemoteFile:
    """Return a file of a listing, as a download needs it."""
    return RemoteFile(entry.path, entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else None)
