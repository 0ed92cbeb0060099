"""The entries of a listing: read by the official client, in our own shapes. Knows no token and no retries."""

from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True)
class Listing:
    """Everything that one answer lists below a folder, in a comparable order. Any answer may be cut short."""

    folder: str
    entries: tuple[RepoFile | RepoFolder, ...]

    def makes(self, tree_oid: str | None) -> bool:
        """Tell whether this is the tree of that oid; of an unknown one, whether any file is listed.

        It may hash for a third of a second, where modes have to be tried.
        """
        return bool(self.files) and (tree_oid is None or is_tree(tree_oid, self.folder, map(_in_tree, self.entries)))

    @property
    def files(self) -> list[RemoteFile]:
        """The files, as downloads need them."""
        return [as_file(entry) for entry in self.entries if isinstance(entry, RepoFile)]


def read_below(dataset: str, folder: str, revision: str, api: HfApi) -> Listing:
    """Return what is listed below a folder; raise ValueError where some of it is not below, or no entry."""
    found = _well_formed(api.list_repo_tree(dataset, folder, recursive=True, revision=revision, repo_type="dataset"))
    if astray := [entry.path for entry in found if not entry.path.startswith(f"{folder}/")]:
        raise ValueError(f"{astray[0]!r} is not below {folder}")
    return Listing(folder, tuple(sorted(found, key=lambda entry: entry.path)))


def read_root(dataset: str, revision: str, api: HfApi) -> list[RepoFile | RepoFolder]:
    """Return what is listed of a dataset's root."""
    return _well_formed(api.list_repo_tree(dataset, revision=revision, repo_type="dataset"))


def read_paths(dataset: str, paths: Sequence[str], revision: str, api: HfApi) -> list[RepoFile | RepoFolder]:
    """Return what is told of some paths, each with its last commit."""
    return _well_formed(api.get_paths_info(dataset, list(paths), expand=True, revision=revision, repo_type="dataset"))


def _well_formed(entries: Iterable[RepoFile | RepoFolder]) -> list[RepoFile | RepoFolder]:
    """Return the entries of an answer; raise ValueError for what is none, which the official client lets pass."""
    found = list(entries)
    for entry in found:
        if isinstance(entry, RepoFolder):
            _check(entry.path, entry.tree_id, 0)
        else:
            _check(entry.path, entry.blob_id, entry.size)
    return found


def _check(path: object, oid: object, size: object) -> None:
    if not (isinstance(path, str) and isinstance(oid, str) and type(size) is int and size >= 0):
        raise ValueError(f"an entry has the path {path!r}, the oid {oid!r} and the size {size!r}")


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
